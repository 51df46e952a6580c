internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing

/// Descriptors that travel over a socket.
@Suite struct PassedDescriptorsTests {
  @Test(arguments: [1, 2, FileDescriptor.maximumPassedDescriptors])
  func arriveWithTheFirstByteAndClosedOnExec(_ count: Int) throws {
    try UnixConnection.socketPair().split { sender, receiver throws in
      let bytes: [UInt8] = [7, 8, 9]
      let copies = [Int32](repeating: receiver.rawValue, count: count)
      #expect(try sender.send(bytes.span, passing: copies) == .bytes(3))
      var passed: PassedDescriptors?
      #expect(try Self.receive(2, receiver, &passed) == [7, 8])
      #expect(passed?.count == count)
      #expect(passed?.isTruncated == false)
      // A read without descriptors leaves those that came before.
      #expect(try Self.receive(2, receiver, &passed) == [9])
      let first = passed?.takeFirst() ?? -1
      #expect(passed?.count == count - 1)
      #expect(fcntl(first, F_GETFD) & FD_CLOEXEC != 0)
      #expect(first >= 0 && first != receiver.rawValue)
      passed = nil
      #expect(fcntl(first, F_GETFD) != -1, "what was taken stays open")
      close(first)
    }
  }

  @Test func untakenDescriptorsAreClosed() throws {
    try UnixConnection.socketPair().split { sender, receiver throws in
      let sent = try SentDescriptors(copies: 3, over: sender)
      var passed: PassedDescriptors?
      #expect(try Self.receive(1, receiver, &passed) == [0])
      #expect(passed?.count == 3)
      #expect(try !sent.areClosed(withinMilliseconds: 0))
      passed = nil
      #expect(try sent.areClosed(withinMilliseconds: 1000))
    }
  }

  @Test func nothingAndTheEndAreTold() throws {
    try UnixConnection.socketPair().split { sender, receiver throws in
      var passed: PassedDescriptors?
      #expect(try Self.receive(1, receiver, &passed) == nil)
      try sender.shutDownWriting()
      #expect(try Self.receive(1, receiver, &passed) == [])
      #expect(passed?.count == nil)
    }
  }

  /// Nil where nothing has come.
  private static func receive(
    _ count: Int, _ socket: borrowing FileDescriptor, _ passed: inout PassedDescriptors?
  ) throws -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let outcome: ReadOutcome
    do {
      var span = bytes.mutableSpan
      var raw = unsafe span.mutableBytes
      outcome = try socket.receive(into: &raw, passed: &passed)
    }
    switch outcome {
    case .bytes(let count): return Array(bytes.prefix(count))
    case .endOfFile: return []
    case .wouldBlock: return nil
    }
  }
}
