internal import Platform
internal import RPC
internal import Server
internal import TestSupport
internal import Testing

/// The messages of an upgrade, and their order.
@Suite struct UpgradeMessageTests {
  static let listeners: [HandedListener] = [
    HandedListener(
      path: "/run/postern/postern.sock", inheritedName: nil,
      identity: FileStatus.Identity(device: 0x0102_0304_0506_0708, inode: .max)),
    HandedListener(path: "/run/other", inheritedName: "postern.socket", identity: nil),
    HandedListener(path: "/run/ö", inheritedName: "", identity: nil),
  ]

  static let messages: [UpgradeMessage] = [
    .request, .go, .going, .refusal("no, because of ü"),
    .listeners(listeners, drainNanoseconds: 10_000_000_000),
  ]

  @Test(arguments: messages) func comesBack(_ message: UpgradeMessage) throws {
    var bytes = message.encoded() + [1, 2]
    #expect(try UpgradeMessage.take(from: &bytes) == message)
    #expect(bytes == [1, 2])
  }

  @Test(arguments: messages) func waitsUntilItIsComplete(_ message: UpgradeMessage) throws {
    let whole = message.encoded()
    for count in whole.indices {
      var part = Array(whole[..<count])
      #expect(try UpgradeMessage.take(from: &part) == nil)
      #expect(part.count == count)
    }
  }

  /// Every body that is shorter or longer than its header says what belongs into it.
  @Test(arguments: messages) func refusesABodyOfAnotherLength(_ message: UpgradeMessage) {
    let whole = message.encoded()
    let body = whole.count - UpgradeMessage.headerByteCount
    for count in 0...body + 1 where count != body {
      var changed = Array(whole.prefix(UpgradeMessage.headerByteCount + count))
      changed[11] = UInt8(truncatingIfNeeded: count)
      changed[10] = UInt8(truncatingIfNeeded: count >> 8)
      if count > body { changed.append(0) }
      #expect(throws: ProtocolViolation.self) { try UpgradeMessage.take(from: &changed) }
    }
  }

  @Test(arguments: BrokenUpgradeMessage.all) func refusesGarbage(_ bytes: [UInt8]) {
    var bytes = bytes
    #expect(throws: ProtocolViolation.self) { try UpgradeMessage.take(from: &bytes) }
  }

  @Test func oneChangedByteNeverTraps() {
    let whole = UpgradeMessage.listeners(Self.listeners, drainNanoseconds: 1).encoded()
    for index in whole.indices {
      for value in [0, 1, 0x7f, 0xff] as [UInt8] {
        var changed = whole
        changed[index] = value
        _ = try? UpgradeMessage.take(from: &changed)
      }
    }
  }

  @Test func readsARefusalOfAnotherVersion() throws {
    var bytes = UpgradeMessage.refusal("too old").encoded()
    bytes[5] = 7
    #expect(try UpgradeMessage.take(from: &bytes) == .refusal("too old"))
  }

  @Test func stepsFollowTheMessages() throws {
    var machine = UpgradeResponder()
    for byte in UpgradeMessage.request.encoded().dropLast() {
      #expect(try machine.receive([byte]) == nil)
    }
    #expect(try machine.receive(UpgradeMessage.request.encoded().suffix(1)) == .giveListeners)
    #expect(try machine.receive(UpgradeMessage.go.encoded()[...]) == .end)
  }

  @Test(arguments: [
    [UpgradeMessage.go], [.request, .request], [.request, .going], [.going], [.refusal("no")],
    [.listeners(listeners, drainNanoseconds: 0)],
  ])
  func refusesAMessageBeforeItsTurn(_ messages: [UpgradeMessage]) throws {
    var machine = UpgradeResponder()
    for message in messages.dropLast() { _ = try machine.receive(message.encoded()[...]) }
    let last = messages.last?.encoded() ?? []
    #expect(throws: ProtocolViolation.self) { try machine.receive(last[...]) }
  }

  @Test func refusesAPeerThatDoesNotWaitForTheAnswer() {
    var machine = UpgradeResponder()
    let both = UpgradeMessage.request.encoded() + UpgradeMessage.go.encoded()
    #expect(throws: ProtocolViolation.self) { try machine.receive(both[...]) }
  }
}
