internal import Glibc
internal import Platform
internal import Server
internal import TestSupport

/// One end of a control connection, on which a test says what it likes.
final class ControlPeer {
  private let descriptor: FileDescriptor
  private var received: [UInt8] = []
  /// The descriptors that came last.
  private(set) var passedCount = 0
  private var passed: PassedDescriptors?

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// Ends the connection also where a child that another test has just forked has a copy of it.
  deinit { shutdown(descriptor.rawValue, Int32(SHUT_RDWR)) }

  /// Connects to the daemon that serves the data in `folder`.
  convenience init(in folder: TemporaryFolder) throws {
    self.init(try UnixConnection.connect(path: "\(folder.path)/data/control.sock"))
  }

  func send(_ bytes: [UInt8]) throws { try descriptor.sendAll(bytes.span) }

  func send(_ message: UpgradeMessage, passing descriptors: [Int32] = []) throws {
    let bytes = message.encoded()
    guard !descriptors.isEmpty else { return try send(bytes) }
    _ = try descriptor.send(bytes.span, passing: descriptors)
  }

  /// The next message; nil at the end of the connection.
  func next() throws -> UpgradeMessage? {
    while true {
      if let message = try UpgradeMessage.take(from: &received) { return message }
      guard try read() else { return nil }
    }
  }

  private func read() throws -> Bool {
    let patience = ChildProcess.patienceMilliseconds
    guard try descriptor.waitUntilReadable(timeoutMilliseconds: patience) else {
      throw FixtureError("the daemon says nothing at its control socket")
    }
    var bytes = [UInt8](repeating: 0, count: 4096)
    guard let count = receive(&bytes) else { return false }
    passedCount = passed?.count ?? 0
    received += bytes.prefix(count)
    return true
  }

  /// Nil at the end, however it came.
  private func receive(_ bytes: inout [UInt8]) -> Int? {
    var span = bytes.mutableSpan
    var raw = unsafe span.mutableBytes
    guard case .bytes(let count) = try? descriptor.receive(into: &raw, passed: &passed) else {
      return nil
    }
    return count
  }
}

/// Stands for a running daemon that serves the data in a folder.
final class ControlHost {
  private let listener: UnixListener

  init(in folder: TemporaryFolder) throws {
    try PrivateDirectory.create(path: "\(folder.path)/data")
    listener = try UnixListener(path: "\(folder.path)/data/control.sock", mode: 0o600)
  }

  /// Waits for the daemon that wants to take over, and for what it asks.
  func accept() throws -> ControlPeer {
    let patience = ChildProcess.patienceMilliseconds
    var entry = pollfd(fd: listener.rawValue, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, patience) > 0,
      case .connection(let descriptor) = try listener.accept()
    else { throw FixtureError("nobody connects to the control socket") }
    let peer = ControlPeer(descriptor)
    guard try peer.next() == .request else { throw FixtureError("nobody asks to take over") }
    return peer
  }
}
