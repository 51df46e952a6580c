internal import Glibc
internal import Platform
internal import TestSupport
internal import Testing

/// What the kernel tells of a peer beyond its user, and that nothing but bytes comes in from it.
@Suite struct PeerIdentityTests {
  private let directory = TemporaryFolder()

  @Test func theGroupsAreThoseOfTheProcess() throws {
    let listener = try UnixListener(path: directory.path("socket"))
    let client = try UnixConnection.connect(path: directory.path("socket"))
    var own = [UInt32](repeating: 0, count: 65_536)
    let count = unsafe getgroups(Int32(own.count), &own)
    try #require(count >= 0)
    #expect(try PeerGroups(of: accept(listener)).groupIDs == Array(own[..<Int(count)]))
    _ = client.rawValue
  }

  @Test func aSocketWithoutAPeerHasNoIdentity() throws {
    let socket = FileDescriptor(
      owning: try SystemCall.value { Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) })
    #expect(throws: Errno.notConnected) { try PeerCredentials(of: socket) }
    #expect(throws: Errno(ENODATA)) { try PeerGroups(of: socket) }
  }

  @Test func aPeerThatRunsHasNotExited() throws {
    let listener = try UnixListener(path: directory.path("socket"))
    let client = try UnixConnection.connect(path: directory.path("socket"))
    switch try PeerProcess.of(accept(listener)) {
    case .process(let process): #expect(try !process.hasExited())
    case .exited: Issue.record("this process runs")
    case .unsupported: break
    }
    _ = client.rawValue
  }

  /// Where the kernel can't refuse them, a read drops descriptors and closes the last copy.
  @Test func aReadDropsDescriptors() throws {
    try UnixConnection.socketPair().split { first, second throws(Errno) in
      let sent = try SentDescriptors(copies: 100, over: first)
      #expect(sent.refusal == nil)
      #expect(try !sent.areClosed(withinMilliseconds: 0), "they are on their way")
      var room = [UInt8](repeating: 0, count: 16)
      var span = room.mutableSpan
      // SAFETY: bytes of a trivial type, of which any value is valid.
      var raw = unsafe span.mutableBytes
      guard case .bytes(1) = try second.read(into: &raw) else {
        Issue.record("the byte did not come")
        return
      }
      #expect(try sent.areClosed(withinMilliseconds: 30_000), "a descriptor is still open")
    }
  }

  /// Closing a connection drops the unread ones.
  @Test func aCloseDropsDescriptors() throws {
    try UnixConnection.socketPair().split { first, second throws(Errno) in
      let sent = try SentDescriptors(copies: 100, over: first)
      #expect(sent.refusal == nil)
      #expect(try !sent.areClosed(withinMilliseconds: 0))
      drop(second)
      #expect(try sent.areClosed(withinMilliseconds: 30_000))
    }
  }

  /// The listener's refusal holds already before the connection is accepted, and after.
  @Test func aListenerRefusesDescriptors() throws {
    let listener = try UnixListener(path: directory.path("socket"))
    guard listener.refusePassedDescriptors() else { return }
    let client = try UnixConnection.connect(path: directory.path("socket"))
    #expect(try SentDescriptors(copies: 100, over: client).refusal == .notPermitted)
    let connection = try accept(listener)
    #expect(try SentDescriptors(copies: 1, over: client).refusal == .notPermitted)
    _ = connection.rawValue
  }

  @Test func aConnectionRefusesDescriptors() throws {
    try UnixConnection.socketPair().split { first, second throws(Errno) in
      guard second.refusePassedDescriptors() else { return }
      #expect(try SentDescriptors(copies: 1, over: first).refusal == .notPermitted)
      #expect(try SentDescriptors(copies: 1, over: second).refusal == nil, "the other way is open")
    }
  }

  private func accept(_ listener: borrowing UnixListener) throws -> FileDescriptor {
    guard case .connection(let descriptor) = try listener.accept() else {
      throw Errno.wouldBlock
    }
    return descriptor
  }

  private func drop(_ descriptor: consuming FileDescriptor) {}
}
