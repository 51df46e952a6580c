internal import Glibc
internal import Platform
internal import PosternClient
internal import RPC

/// The daemon's side of one connection, driven by the test itself: nothing happens in between.
///
/// What it answers before it is asked waits in the socket until the client reads it. While the
/// client runs a closure of the test, the test may drive the daemon as well.
final class FakeDaemon {
  private let listener: UnixListener
  private var connection: FakeConnection
  let client: PosternClient

  init(bearerToken: String? = nil) throws {
    let path = "/tmp/command-line-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).sock"
    let listener = try UnixListener(path: path)
    client = try PosternClient(socketPath: path, bearerToken: bearerToken)
    connection = try Self.accept(listener)
    self.listener = listener
  }

  /// Takes the client's next connection in place of the present one.
  func acceptAnew() throws {
    connection = try Self.accept(listener)
  }

  private static func accept(_ listener: borrowing UnixListener) throws -> FakeConnection {
    switch try listener.accept() {
    case .connection(let accepted): return FakeConnection(accepted)
    case .wouldBlock: throw Errno.notConnected
    case .descriptorsExhausted(let error): throw error
    }
  }

  func takeCalls() throws -> [String] { try connection.takeCalls() }

  func answer(_ stream: UInt32, _ payload: [UInt8]) throws {
    try connection.answer(stream, payload)
  }

  func fail(_ stream: UInt32, _ status: Status) throws { try connection.fail(stream, status) }

  func stream(_ stream: UInt32, flags: UInt8 = 0, _ payload: [UInt8] = []) throws {
    try connection.stream(stream, flags: flags, payload)
  }

  func isHungUp() throws -> Bool { try connection.isHungUp() }

  func send(_ bytes: [UInt8]) throws { try connection.send(bytes) }

  func hangUp() throws { try connection.hangUp() }
}
