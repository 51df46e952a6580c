package import Glibc
internal import Platform

/// How a process ended.
package enum Ending: Equatable, Sendable {
  case exited(Int32)
  case signaled(Int32)
}

/// What a fixture could not do.
package struct FixtureError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// A program that a test has started; it is killed at the latest with this object.
///
/// The end of the program is an event: the child alone holds the other end of `lifeline`, so that
/// the kernel hangs it up. Standard output and standard error come through one socket.
package final class ChildProcess {
  /// How long a test waits for something that has to happen.
  package static let patienceMilliseconds: Int32 =
    unsafe getenv("POSTERN_SANITIZER") == nil ? 15_000 : 60_000

  package let processID: pid_t
  private let lifeline: FileDescriptor
  /// Our end of the output; nil once the collector has it.
  private var output: Int32?
  private var seen: [UInt8] = []
  private var collector: Collector?
  private var ending: Ending?

  package init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws
  {
    let outputs = try Self.socketPair()
    let lifelines = try Self.socketPair()
    output = outputs.0
    lifeline = FileDescriptor(owning: lifelines.0)
    let theirOutput = FileDescriptor(owning: outputs.1)
    let theirLifeline = FileDescriptor(owning: lifelines.1)
    processID = try Self.spawn(
      program, arguments, environment, output: theirOutput.rawValue,
      lifeline: theirLifeline.rawValue)
  }

  deinit {
    if ending == nil {
      kill(processID, SIGKILL)
      waitpid(processID, nil, 0)
    }
    if let output { close(output) }
    collector?.join()
  }

  package func signal(_ number: Int32) { kill(processID, number) }

  /// Waits until the output holds `text`, but not for ever where other lines come instead.
  package func waitForOutput(_ text: String) throws {
    let end = Clock.monotonicNanoseconds() + 2_000_000 * Int64(Self.patienceMilliseconds)
    while !String(decoding: seen, as: UTF8.self).contains(text) {
      guard try readOutput() else {
        throw FixtureError("the process ended without `\(text)`: \(wholeOutput())")
      }
      guard Clock.monotonicNanoseconds() < end else {
        throw FixtureError("the process does not say `\(text)`: \(wholeOutput())")
      }
    }
  }

  /// Reads the output from now on in the background, so that the process never waits for it.
  package func collectOutput() throws {
    guard let output else { return }
    self.output = nil
    collector = try Collector(output)
  }

  /// Waits for the end of the process.
  package func wait() throws -> Ending {
    if let ending { return ending }
    while output != nil, try readOutput() {}
    guard try lifeline.waitUntilReadable(timeoutMilliseconds: Self.patienceMilliseconds) else {
      throw FixtureError("process \(processID) does not end: \(wholeOutput())")
    }
    var status: Int32 = 0
    guard unsafe waitpid(processID, &status, 0) == processID else {
      throw FixtureError("process \(processID) is not ours")
    }
    collector?.join()
    let signal = status & 0x7f
    let result = signal == 0 ? Ending.exited((status >> 8) & 0xff) : .signaled(signal)
    ending = result
    return result
  }

  /// Whether the process prints `text`. Its log has a thread of its own, so that a line may come
  /// after what it tells of: waits for it, but not for ever, and not once the process has ended.
  package func says(_ text: String) -> Bool {
    let end = Clock.monotonicNanoseconds() + 1_000_000 * Int64(Self.patienceMilliseconds)
    while true {
      let isLast = ending != nil || Clock.monotonicNanoseconds() > end
      if wholeOutput().contains(text) { return true }
      if isLast { return false }
      if output == nil {
        usleep(2000)
      } else if (try? readOutput()) != true {
        return wholeOutput().contains(text)
      }
    }
  }

  /// What the process has printed so far.
  package func wholeOutput() -> String {
    String(decoding: seen + (collector?.bytes ?? []), as: UTF8.self)
  }

  private func readOutput() throws -> Bool {
    guard let output else { return false }
    var entry = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, Self.patienceMilliseconds) > 0 else {
      throw FixtureError("process \(processID) says nothing: \(wholeOutput())")
    }
    var room = [UInt8](repeating: 0, count: 4096)
    let count = receive(output, &room)
    guard count > 0 else { return false }
    seen += room[..<count]
    return true
  }

  private static func socketPair() throws -> (Int32, Int32) {
    try UnixConnection.socketPair(nonblocking: false).split { first, second in
      (first.release(), second.release())
    }
  }

  private static func spawn(
    _ program: String, _ arguments: [String], _ environment: [String: String], output: Int32,
    lifeline: Int32
  ) throws -> pid_t {
    // SAFETY: both lists end with nil and live, with their strings, until the call has returned.
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)
    unsafe posix_spawn_file_actions_adddup2(&actions, lifeline, 3)
    var words = unsafe ([program] + arguments).map { unsafe strdup($0) }
    unsafe words.append(nil)
    // A sanitizer's options reach the child too.
    var given = environment
    for name in ["ASAN_OPTIONS", "TSAN_OPTIONS", "SWIFT_BACKTRACE"] {
      if let value = unsafe getenv(name) { given[name] = unsafe String(cString: value) }
    }
    var variables = unsafe given.map { unsafe strdup("\($0.key)=\($0.value)") }
    unsafe variables.append(nil)
    var processID: pid_t = 0
    let code = unsafe posix_spawn(&processID, program, &actions, nil, words, variables)
    unsafe posix_spawn_file_actions_destroy(&actions)
    unsafe (words + variables).forEach { unsafe free($0) }
    guard code == 0 else { throw FixtureError("`\(program)` can't be started: error \(code)") }
    return processID
  }
}

/// Reads output in the background until its end.
private final class Collector {
  private let storage = Storage()
  private var thread: NativeThread?

  init(_ descriptor: Int32) throws {
    let storage = storage
    thread = try NativeThread(name: "output") {
      var room = [UInt8](repeating: 0, count: 4096)
      var count = receive(descriptor, &room)
      while count > 0 {
        let bytes = room[..<count]
        storage.bytes.withLock { $0 += bytes }
        count = receive(descriptor, &room)
      }
      close(descriptor)
    }
  }

  var bytes: [UInt8] { storage.bytes.withLock { $0 } }

  func join() { thread.take()?.join() }

  private final class Storage: Sendable {
    let bytes = Guarded<[UInt8]>([])
  }
}

private func receive(_ descriptor: Int32, _ room: inout [UInt8]) -> Int {
  unsafe room.withUnsafeMutableBytes { room in
    unsafe recv(descriptor, room.baseAddress, room.count, 0)
  }
}
