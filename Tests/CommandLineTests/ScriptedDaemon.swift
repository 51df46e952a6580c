internal import Glibc
internal import Messages
internal import Platform
internal import PosternClient
internal import RPC
internal import TestSupport

/// A daemon on a thread of its own, for whole command lines: it does one step a call, in order,
/// whatever connection the call comes on, and tells what was asked.
///
/// When the steps are used up every call fails, so that no command goes on for ever.
final class ScriptedDaemon {
  /// The reaction to one call.
  enum Step: Sendable {
    case answer([UInt8])
    case fail(StatusCode, String)
    /// Messages of a stream, and then its end.
    case stream([[UInt8]])
    /// Messages of a stream, and then a failure.
    case streamAndFail([[UInt8]], StatusCode)
    /// Messages of a stream, and then the connection ends.
    case streamAndBreak([[UInt8]])
  }

  let path = "/tmp/command-line-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).sock"
  private let state = Guarded(State())

  fileprivate struct State: Sendable {
    var calls: [String] = []
    var isStopping = false
  }

  init(_ steps: [Step]) throws {
    let listener = try UnixListener(path: path)
    let thread = ScriptThread(listener, steps, state)
    _ = try NativeThread(name: "scripted") { thread.run() }
  }

  /// The thread ends when no client can connect any more; a last connection wakes it.
  deinit {
    state.withLock { $0.isStopping = true }
    _ = try? PosternClient(socketPath: path)
  }

  /// The calls so far: method, payload and more as one text each.
  var calls: [String] { state.withLock { $0.calls } }

  /// Encodes a message that `fill` writes.
  static func encoded<Message: MessageBuilder & ~Escapable>(
    _ fill: (Message) -> Void
  ) -> [UInt8] {
    let arena = Arena(initialBytes: 1 << 10)
    let message = Message(in: arena)
    fill(message)
    var bytes = ByteBuffer()
    message.encode(into: &bytes)
    return Array(copying: bytes.bytes)
  }
}

/// What the thread does, one connection after the other.
private final class ScriptThread {
  private let listener: UnixListener
  private var steps: ArraySlice<ScriptedDaemon.Step>
  private let state: Guarded<ScriptedDaemon.State>

  init(
    _ listener: consuming UnixListener, _ steps: [ScriptedDaemon.Step],
    _ state: Guarded<ScriptedDaemon.State>
  ) {
    self.listener = listener
    self.steps = steps[...]
    self.state = state
  }

  func run() {
    while !state.withLock({ $0.isStopping }) {
      var entry = pollfd(fd: listener.rawValue, events: Int16(POLLIN), revents: 0)
      // SAFETY: one entry, and the count says one.
      _ = unsafe poll(&entry, 1, -1)
      guard case .connection(let accepted)? = try? listener.accept() else { continue }
      // The other end may be gone at any time.
      try? serve(FakeConnection(accepted))
    }
  }

  private func serve(_ connection: FakeConnection) throws {
    while true {
      try connection.waitUntilReadable()
      let calls = try connection.takeCalls()
      if calls.isEmpty { return }
      for call in calls {
        guard let stream = UInt32(call.prefix { $0.isNumber }) else { continue }
        state.withLock { $0.calls.append(String(call.drop { $0 != " " }.dropFirst())) }
        guard try take(steps.popFirst(), stream, connection) else { return }
      }
    }
  }

  /// Does a step; false if the connection is to end.
  private func take(
    _ step: ScriptedDaemon.Step?, _ stream: UInt32, _ connection: FakeConnection
  ) throws -> Bool {
    switch step {
    case .answer(let payload)?: try connection.answer(stream, payload)
    case .fail(let code, let message)?: try connection.fail(stream, Status(code, message))
    case .stream(let messages)?:
      for message in messages { try connection.stream(stream, message) }
      try connection.stream(stream, flags: 5)
    case .streamAndFail(let messages, let code)?:
      for message in messages { try connection.stream(stream, message) }
      try connection.fail(stream, Status(code, "as scripted"))
    case .streamAndBreak(let messages)?:
      for message in messages { try connection.stream(stream, message) }
      return false
    case nil: try connection.fail(stream, Status(.aborted, "the script is over"))
    }
    return true
  }
}
