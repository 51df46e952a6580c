internal import Foundation
internal import Glibc
internal import Platform

/// A program that this one started, with its output in a file; a server on the servers' processor,
/// unless it is to have all of them.
struct ChildProcess: Sendable {
  let name: String
  let processID: pid_t
  private let logPath: String

  /// Starts `program`, which is looked up in `PATH` unless it has a slash.
  static func start(
    _ program: String, _ arguments: [String], name: String, logPath: String,
    isPinned: Bool = true
  ) throws(BenchFailure) -> ChildProcess {
    if isPinned { Affinity.pinAsServer() } else { Affinity.unpin() }
    defer { Affinity.pinAsClient() }
    let (code, processID) = spawn(program, arguments, logPath: logPath)
    guard code == 0 else { throw BenchFailure("start `\(program)`", Errno(code)) }
    let child = ChildProcess(name: name, processID: processID, logPath: logPath)
    Children.shared.add(child)
    return child
  }

  // SAFETY: the attributes and file actions are made and destroyed here; the argument strings are
  // copies that live until they are freed after the call.
  private static func spawn(
    _ program: String, _ arguments: [String], logPath: String
  ) -> (code: Int32, processID: pid_t) {
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // This program blocks the signals that it reads from a descriptor; a child must not block them.
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(
      &actions, 1, logPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var texts = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe texts.forEach { unsafe free($0) } }
    var processID: pid_t = 0
    let code = unsafe posix_spawnp(
      &processID, program, &actions, &attributes, &texts, environ)
    return (code, processID)
  }

  /// Waits until the child answers at `socketPath`.
  func awaitSocket(_ socketPath: String) throws(BenchFailure) {
    let deadline = Clock.monotonicNanoseconds() + 20_000_000_000
    while Clock.monotonicNanoseconds() < deadline {
      if (try? UnixConnection.connect(path: socketPath)) != nil { return }
      guard !hasEnded() else { throw BenchFailure("\(name) ended at once: \(lastLogLine)") }
      usleep(20_000)
    }
    throw BenchFailure("\(name) doesn't answer at `\(socketPath)`: \(lastLogLine)")
  }

  /// Waits until a program that ends by itself has ended; `BenchFailure` unless it succeeded.
  func awaitSuccess() throws(BenchFailure) {
    guard Children.shared.remove(self) else { throw BenchFailure("\(name) was ended") }
    var status: Int32 = 0
    // SAFETY: the call fills `status`.
    guard unsafe waitpid(processID, &status, 0) == processID, status == 0 else {
      throw BenchFailure("\(name) failed: \(lastLogLine)")
    }
  }

  /// Asks the child to end, waits up to 5 seconds, then kills it.
  func stop() {
    guard Children.shared.remove(self) else { return }
    kill(processID, SIGTERM)
    for _ in 0..<500 {
      if hasEnded() { return }
      usleep(10_000)
    }
    kill(processID, SIGKILL)
    _ = waitpid(processID, nil, 0)
  }

  private func hasEnded() -> Bool {
    waitpid(processID, nil, WNOHANG) != 0
  }

  private var lastLogLine: String {
    let text = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
    return String(text.split(separator: "\n").last ?? "it says nothing")
  }
}

/// The running servers, so that whatever ends the program can end them, each by its id.
final class Children: Sendable {
  static let shared = Children()

  private let running = Guarded<[ChildProcess]>([])

  func add(_ child: ChildProcess) {
    running.withLock { $0.append(child) }
  }

  /// False if another thread is already ending the child.
  func remove(_ child: ChildProcess) -> Bool {
    running.withLock { children in
      guard let index = children.firstIndex(where: { $0.processID == child.processID })
      else { return false }
      children.remove(at: index)
      return true
    }
  }

  func stopAll() {
    for child in running.withLock({ $0 }).reversed() { child.stop() }
  }
}
