internal import Glibc
internal import Platform
internal import Testing

@Suite struct FileDescriptorTests {
  private func isOpen(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) != -1 }

  /// What one read gives: some bytes, none at the end, nil when nothing waits.
  private func read(_ descriptor: borrowing FileDescriptor, _ capacity: Int) throws -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: capacity)
    let outcome = try unsafe buffer.withUnsafeMutableBytes { unsafe try descriptor.read(into: $0) }
    switch outcome {
    case .bytes(let count): return Array(buffer.prefix(count))
    case .endOfFile: return []
    case .wouldBlock: return nil
    }
  }

  @Test func carriesBytesAndTellsTheEnd() throws {
    let pair = try UnixConnection.socketPair()
    let sent: [UInt8] = [1, 2, 3]
    #expect(try pair.first.send(sent.span) == .bytes(3))
    #expect(try read(pair.second, 2) == [1, 2])
    #expect(try read(pair.second, 2) == [3])
    #expect(try read(pair.second, 2) == nil)
    try pair.first.shutDownWriting()
    #expect(try read(pair.second, 2) == [])
  }

  @Test func readsIntoASpan() throws {
    let pair = try UnixConnection.socketPair()
    let sent: [UInt8] = [9, 8]
    #expect(try pair.first.send(sent.span) == .bytes(2))
    var buffer = [UInt8](repeating: 0, count: 4)
    var span = buffer.mutableSpan
    var raw = unsafe span.mutableBytes
    #expect(try pair.second.read(into: &raw) == .bytes(2))
    #expect(buffer == [9, 8, 0, 0])
  }

  @Test func tellsWhenThereIsNoRoom() throws {
    let pair = try UnixConnection.socketPair()
    let block = [UInt8](repeating: 0, count: 65_536)
    var outcome = WriteOutcome.bytes(0)
    var rounds = 0
    while outcome != .wouldBlock, rounds < 10_000 {
      outcome = try pair.first.send(block.span)
      rounds += 1
    }
    #expect(outcome == .wouldBlock)
  }

  @Test func aGonePeerIsAnErrorAndNoSignal() throws {
    let pair = try UnixConnection.socketPair()
    let first = pair.split { first, _ in first }
    let sent: [UInt8] = [1]
    #expect(throws: Errno.brokenPipe) { try first.send(sent.span) }
  }

  @Test func sendsAllAsThePeerReads() throws {
    let pair = try UnixConnection.socketPair()
    let bytes = [UInt8](repeating: 7, count: 1_000_000)
    let (first, second) = pair.split { ($0.release(), $1.release()) }
    let thread = try NativeThread(name: "sender") {
      let sender = FileDescriptor(owning: first)
      #expect(throws: Never.self) { try sender.sendAll(bytes.span) }
    }
    let receiver = FileDescriptor(owning: second)
    try receiver.setNonblocking(false)
    var total = 0
    while let part = try read(receiver, 65_536), !part.isEmpty { total += part.count }
    thread.join()
    #expect(total == bytes.count)
  }

  @Test func closesWithItsOwnerUnlessReleased() throws {
    let pair = try UnixConnection.socketPair()
    let (first, second) = pair.split { ($0.release(), $1.release()) }
    #expect(isOpen(first))
    // Only the connection's other end can tell: the number may be reused by another test at once.
    do { _ = FileDescriptor(owning: first) }
    let other = FileDescriptor(owning: second)
    #expect(try other.waitUntilReadable(timeoutMilliseconds: nil))
    #expect(try read(other, 1) == [])
  }

  @Test func waitsNoLongerThanTold() throws {
    let pair = try UnixConnection.socketPair()
    #expect(try !pair.first.waitUntilReadable(timeoutMilliseconds: 0))
    #expect(try pair.first.waitUntilWritable(timeoutMilliseconds: 0))
  }

  @Test func isClosedOnExec() throws {
    let pair = try UnixConnection.socketPair()
    #expect(fcntl(pair.first.rawValue, F_GETFD) & FD_CLOEXEC != 0)
    #expect(fcntl(pair.first.rawValue, F_GETFL) & O_NONBLOCK != 0)
  }
}
