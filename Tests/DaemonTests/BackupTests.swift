internal import Foundation
internal import Glibc
internal import Ledger
internal import Messages
internal import PosternClient
internal import RPC
internal import TestSupport
internal import Testing

/// Copies of the ledger that a running daemon makes.
@Suite struct BackupTests {
  @Test func copiesWhatADaemonStartsFrom() throws {
    let world = try World()
    let client = try world.daemon.client()
    let path = "\(world.daemon.folder.path)/backup"
    let reply = try client.backup { $0.setPath(path) }
    let answer = (bytes: reply.message.backupBytes, revision: reply.message.revision)
    #expect(reply.message.lastHash.count == 32)
    #expect(answer.revision == (try client.revision()))
    var status = stat()
    #expect(unsafe stat(path, &status) == 0)
    #expect(UInt64(status.st_size) == answer.bytes)
    #expect(status.st_mode & 0o7777 == 0o600)
    #expect(unsafe access(path + ".partial", F_OK) == -1)
    // Later changes are not in it.
    try client.invite("zoe", to: "acme")

    let folder = TemporaryFolder()
    let data = "\(folder.path)/data"
    _ = try Restoration.restore(path, into: data) { _, _ in }
    // As it is, without a restore, it does not start: nothing tells what it lacks.
    #expect(unsafe rename("\(data)/data.mdb", "\(folder.path)/restored") == 0)
    #expect(unsafe rename(path, "\(data)/data.mdb") == 0)
    let refused = try Daemon.start([], in: folder)
    #expect(try refused.wait() == .exited(1))
    #expect(refused.says("--lose-revisions unknown"))
    #expect(unsafe rename("\(folder.path)/restored", "\(data)/data.mdb") == 0)
    let copy = try Daemon(folder: folder)
    let restored = try copy.client()
    #expect(try restored.revision() == answer.revision)
    #expect(try restored.isActive(world.secret(of: .user)))
    let missing = failure { () throws(ClientError) in
      try restored.getUser {
        $0.setOrganizationID("acme")
        $0.setUserID("zoe")
      }
    }
    #expect(missing?.statusName == "NOT_FOUND")
    // And it goes on from there.
    try restored.invite("yan", to: "acme")
    #expect(try restored.verify().isIntact)
  }

  @Test func refusesWhatItCanNotDo() throws {
    let world = try World()
    let client = try world.daemon.client()
    let folder = world.daemon.folder.path
    func refusal(_ path: String, _ client: PosternClient) -> String? {
      failure { () throws(ClientError) in try client.backup { $0.setPath(path) } }?.statusName
    }
    // A copy with the name of an unfinished one would be deleted later.
    for path in ["", "backup", "/", "\(folder)/", "\(folder)/data/data.mdb.partial"] {
      #expect(refusal(path, client) == "INVALID_ARGUMENT")
    }
    #expect(
      refusal(folder + "/" + String(repeating: "x", count: 300), client) == "INVALID_ARGUMENT")
    #expect(refusal("\(folder)/nothing/backup", client) == "FAILED_PRECONDITION")
    #expect(refusal("\(folder)/socket/backup", client) == "FAILED_PRECONDITION")
    #expect(refusal("\(folder)/socket", client) == "ALREADY_EXISTS")
    #expect(unsafe symlink("/nowhere", "\(folder)/backup") == 0)
    #expect(refusal("\(folder)/backup", client) == "ALREADY_EXISTS")
    unsafe unlink("\(folder)/backup")
    world.daemon.folder.write("backup.partial", "mine")
    #expect(refusal("\(folder)/backup", client) == "ALREADY_EXISTS")
    #expect(unsafe access("\(folder)/backup.partial", F_OK) == 0, "it belongs to another program")
    let administrator = try world.daemon.client(bearer: world.secret(of: .administrator))
    #expect(refusal("\(folder)/second", administrator) == "PERMISSION_DENIED")
    #expect(unsafe access("\(folder)/second", F_OK) == -1)
  }

  /// The file of a killed backup hinders no later one, and only that file is deleted.
  @Test func takesAwayWhatAKilledOneHasLeft() throws {
    let world = try World()
    let folder = world.daemon.folder.path
    let client = try world.daemon.client()
    let (first, second) = ("\(folder)/first", "\(folder)/data/second")
    _ = try client.backup { $0.setPath(first) }
    let copy = try Data(contentsOf: URL(filePath: first))
    // Half of one, an empty one, one that is still written, and a file of another kind.
    try copy.prefix(20_000).write(to: URL(filePath: first + "-half.partial"))
    for name in ["half", "empty", "busy", "none"] {
      let path = "\(folder)/first-\(name)"
      switch name {
      case "empty": world.daemon.folder.write("first-empty.partial", "")
      case "none": world.daemon.folder.write("first-none.partial", "mine")
      default: try copy.prefix(20_000).write(to: URL(filePath: path + ".partial"))
      }
      let busy = FileHandle(forReadingAtPath: path + ".partial")
      if name == "busy" { #expect(flock(busy?.fileDescriptor ?? -1, LOCK_EX | LOCK_NB) == 0) }
      let refusal = failure { () throws(ClientError) in try client.backup { $0.setPath(path) } }
      let isRefused = ["busy", "none"].contains(name)
      #expect(refusal?.statusName == (isRefused ? "ALREADY_EXISTS" : nil), "\(name)")
      #expect((unsafe access(path + ".partial", F_OK) == 0) == isRefused, "\(name)")
      #expect((unsafe access(path, F_OK) == 0) == !isRefused, "\(name)")
      try busy?.close()
    }
    // A daemon deletes those of its own folder at its start.
    try copy.prefix(20_000).write(to: URL(filePath: second + ".partial"))
    let mine = world.daemon.folder.write("data/mine.partial", "mine")
    #expect(try world.daemon.stop() == .exited(0))
    let next = try Daemon(folder: world.daemon.folder)
    #expect(unsafe access(second + ".partial", F_OK) == -1)
    #expect(unsafe access(mine, F_OK) == 0)
    #expect(try next.client().isActive(world.secret(of: .user)))
  }

  /// A limit on the size of files stands for a full disk. A sanitizer can't start under one.
  @Test(.enabled(if: ProcessMemory.isMeaningful)) func leavesNothingWhereThereIsNoRoom() throws {
    let folder = TemporaryFolder()
    do {
      let daemon = try Daemon(folder: folder)
      let client = try daemon.client()
      try client.createOrganization("acme", administrator: "alice")
      for index in 0..<400 {
        _ = try client.issueToken {
          $0.setOrganizationID("acme")
          $0.setUserID("alice")
          $0.setDescription(String(repeating: "d", count: 200) + "\(index)")
        }
      }
      #expect(try daemon.stop() == .exited(0))
    }
    let script = "ulimit -f 64 && exec \"$0\" \"$@\""
    let process = try ChildProcess(
      "/bin/bash",
      [
        "-c", script, Daemon.program("posternd"), "--socket", "\(folder.path)/socket", "--data",
        "\(folder.path)/data", "--workers", "2",
      ], environment: ["HOME": folder.path])
    try process.waitForOutput("event=serving")
    try process.collectOutput()
    let client = try PosternClient(socketPath: "\(folder.path)/socket")
    client.timeout = .seconds(30)
    let path = "\(folder.path)/backup"
    for _ in 0..<3 {
      let refusal = failure { () throws(ClientError) in try client.backup { $0.setPath(path) } }
      #expect(refusal?.statusName == "RESOURCE_EXHAUSTED")
      #expect(refusal?.reasonName == "DISK_FULL")
      #expect(unsafe access(path, F_OK) == -1)
      #expect(unsafe access(path + ".partial", F_OK) == -1)
    }
    #expect(try client.verify().isIntact)
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  /// Copies are made one after another, and a bounded number of them waits; meanwhile commands and
  /// queries are answered.
  @Test func isBoundedAndHindersNoCall() throws {
    let world = try World()
    let client = try world.daemon.client()
    let busy = try world.daemon.client()
    // A folder that is not there: each is refused by the background thread.
    let arena = Arena(initialBytes: 256)
    let request = PosternV1.BackupRequest.Builder(in: arena)
    request.setPath("\(world.daemon.folder.path)/nothing/backup")
    var payload = ByteBuffer()
    request.encode(into: &payload)
    var open: Set<UInt32> = []
    for _ in 0..<200 {
      open.insert(
        try busy.send(
          service: "postern.v1.AdminService", method: "Backup", payload: payload.bytes))
    }
    try busy.flush()
    try client.invite("zoe", to: "acme")
    #expect(try client.isActive(world.secret(of: .user)))
    while !open.isEmpty {
      let answer = try busy.receive()
      #expect(open.remove(answer.stream) != nil)
      #expect([.failedPrecondition, .resourceExhausted].contains(answer.code))
    }
    let path = "\(world.daemon.folder.path)/backup"
    _ = try client.backup { $0.setPath(path) }
    #expect(unsafe access(path, F_OK) == 0)
  }
}
