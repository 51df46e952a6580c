internal import Foundation
internal import PosternClient
internal import TestSupport
internal import Testing

/// A steady call takes nothing from the heap: the memory of a request and its answer is kept from
/// call to call. A library that is loaded before the C library counts what the workers ask it for.
@Suite struct AllocationTests {
  private static let counter = """
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <stdint.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/prctl.h>
    #include <unistd.h>
    void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
    void *__libc_memalign(size_t, size_t);
    static uint64_t *count;
    static __thread int is_worker;
    __attribute__((constructor)) static void start(void) {
      const char *path = getenv("POSTERN_ALLOCATION_COUNT");
      int file = open(path, O_RDWR | O_CLOEXEC);
      void *page = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
      close(file);
      if (page == MAP_FAILED) _exit(99);
      count = page;
    }
    static void note(void) {
      if (count == NULL) return;
      char name[16] = "";
      if (!is_worker && prctl(PR_GET_NAME, name) == 0) is_worker = strncmp(name, "worker", 6) == 0;
      if (is_worker) __atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
    }
    void *malloc(size_t size) { note(); return __libc_malloc(size); }
    void *calloc(size_t number, size_t size) { note(); return __libc_calloc(number, size); }
    void *realloc(void *old, size_t size) { note(); return __libc_realloc(old, size); }
    void *memalign(size_t line, size_t size) { note(); return __libc_memalign(line, size); }
    void *aligned_alloc(size_t line, size_t size) { note(); return __libc_memalign(line, size); }
    int posix_memalign(void **place, size_t line, size_t size) {
      note();
      *place = __libc_memalign(line, size);
      return *place == NULL ? 12 : 0;
    }
    """

  private static let callCount = 1000

  /// The folder of a release, whose calls are counted: those of a debug build take memory that a
  /// release does not need. `make allocations` sets it.
  private static let release = unsafe getenv("POSTERN_RELEASE").map { unsafe String(cString: $0) }

  /// A daemon whose workers' allocations are counted in a file.
  private func start(_ release: String, in folder: TemporaryFolder) throws -> ChildProcess {
    let source = folder.write("counter.c", Self.counter)
    let compiler = try ChildProcess(
      "/usr/bin/env",
      ["gcc", "-O1", "-shared", "-fPIC", "-o", folder.path("counter.so"), source],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    #expect(try compiler.wait() == .exited(0), "\(compiler.wholeOutput())")
    let count = folder.write("count", String(repeating: "\0", count: 8))
    let daemon = try ChildProcess(
      "\(release)/posternd",
      ["--socket", folder.path("socket"), "--data", folder.path("data"), "--workers", "2"],
      environment: [
        "HOME": folder.path, "LD_PRELOAD": folder.path("counter.so"),
        "POSTERN_ALLOCATION_COUNT": count,
      ])
    try daemon.waitForOutput("event=serving")
    try daemon.collectOutput()
    return daemon
  }

  /// How often the workers asked for memory so far.
  private func count(_ folder: TemporaryFolder) throws -> UInt64 {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("count")))
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// How often a call asks for memory, on average, once many were made.
  private func allocations(
    of call: (UInt32) throws -> Outcome, _ folder: TemporaryFolder
  ) throws -> Double {
    var before: UInt64 = 0
    for index in 0..<2 * Self.callCount {
      if index == Self.callCount { before = try count(folder) }
      let outcome = try call(2 * UInt32(index) + 1)
      guard outcome.code == 0 else { throw FixtureError("\(outcome)") }
    }
    return Double(try count(folder) - before) / Double(Self.callCount)
  }

  /// What a call may take on ttrpc, and on gRPC, where nghttp2 makes a stream of each call.
  @Test(.enabled(if: release != nil, "for a release: `make allocations`"))
  func steadyCallsTakeLittleFromTheHeap() throws {
    let folder = TemporaryFolder()
    let daemon = try start(try #require(Self.release), in: folder)
    let client = try PosternClient(socketPath: folder.path("socket"))
    try client.createOrganization("acme", administrator: "alice")
    let secret = try client.issueToken(for: "alice", of: "acme").secret
    let validate = WireCall(
      service: "postern.v1.TokenService", method: "ValidateToken",
      payload: Encoding.field(1, secret))
    let check = WireCall(
      service: "postern.v1.PermissionService", method: "Check",
      payload: Encoding.field(1, secret) + Encoding.field(2, "integration.create")
        + Encoding.field(3, Encoding.field(1, "integration")))
    #expect(try count(folder) > 0, "the workers' memory is counted")
    for (call, ttrpcLimit, grpcLimit) in [(validate, 0.0, 18.0), (check, 3.0, 21.0)] {
      let ttrpc = TTRPCPeer(socket: try RawSocket(path: folder.path("socket")))
      let taken = try allocations(of: { try ttrpc.call(call, stream: $0) }, folder)
      let grpc = try GRPCPeer(path: folder.path("socket"))
      let takenByGRPC = try allocations(of: { try grpc.call(call, stream: $0) }, folder)
      print("allocations of a \(call.method): \(taken) on ttrpc, \(takenByGRPC) on gRPC")
      // What runs beside the calls, once in a while, is less than one in a hundred calls.
      #expect(taken < ttrpcLimit + 0.01, "\(call.method)")
      #expect(takenByGRPC < grpcLimit + 0.01, "\(call.method)")
    }
    daemon.signal(SIGTERM)
    #expect(try daemon.wait() == .exited(0))
  }
}
