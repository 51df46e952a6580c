internal import Messages
internal import RPC
internal import Services
internal import Testing

/// What `Export` sends.
@Suite struct ExportTests {
  /// An export that is imported elsewhere and exported again is the same, byte by byte and message
  /// by message.
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func isWhatImportMakesAgain(_ seed: UInt64) throws {
    let (source, target) = (try Desk(), try Desk())
    let directory = RandomDirectory(seed: seed)
    let loaded = try source.load(try directory.messages.map { try $0.map(Desk.record) })
    #expect(
      loaded.organizations + loaded.users + loaded.teams + loaded.resources + loaded.unchanged
        == directory.recordCount)
    let exported = try source.dump()
    try target.load(exported)
    #expect(try target.dump() == exported)
    // Also by way of text.
    let text = try exported.flatMap { $0 }.map(Desk.json)
    #expect(try text.map(Desk.record) == exported.flatMap { $0 })
    // Again, it is all there.
    let again = try target.load(exported)
    #expect(again.unchanged == UInt64(text.count))
    #expect(again.revision == (try target.revision))
    #expect(
      again.organizations + again.users + again.teams + again.resources == 0)
    for message in exported {
      #expect(message.count <= 500)
      #expect(message.reduce(0) { $0 + $1.count } < 160 << 10)
    }
  }

  /// One revision from the first message to the last.
  @Test func showsOneRevision() throws {
    let desk = try Desk()
    let directory = RandomDirectory(seed: 2)
    try desk.load(try directory.messages.map { try $0.map(Desk.record) })
    let expected = try desk.dump()
    #expect(expected.count > 2)
    let call = try desk.open(.directoryServiceExport)
    _ = try desk.step(call)
    _ = try desk.load([
      #"{"organization":{"id":"zzz"}}"#,
      #"{"user":{"organization_id":"zzz","id":"u","administrator":true}}"#,
    ])
    let rest = try desk.run(.directoryServiceExport, call)
    #expect(rest.count == expected.count - 1)
    #expect(try desk.text("zzz").count == 2)
  }

  @Test func isBoundedInNumber() throws {
    var limits = ServiceLimits()
    limits.exports = 2
    let desk = try Desk(limits: limits)
    var calls = [
      try desk.open(.directoryServiceExport), try desk.open(.directoryServiceExport),
    ]
    let refusal = Desk.refusal { _ = try desk.open(.directoryServiceExport) }
    #expect(refusal?.code == .resourceExhausted)
    #expect(refusal?.metadata.first?.value == "max-exports")
    calls.removeLast()
    _ = try desk.open(.directoryServiceExport)
    #expect(calls.count == 1)
  }

  /// No tenant can hinder the export of another one, or of an operator.
  @Test func isOneAtATimeForATenant() throws {
    var limits = ServiceLimits()
    limits.exports = 3
    let desk = try Desk(limits: limits)
    let organizations = ["acme", "other", "third"]
    var secrets: [String] = []
    for id in organizations {
      _ = try desk.load([
        #"{"organization":{"id":"\#(id)"}}"#,
        #"{"user":{"organization_id":"\#(id)","id":"alice","administrator":true}}"#,
      ])
      secrets.append(try desk.issueToken("alice", of: id))
    }
    func limit(_ index: Int) -> String? {
      desk.bearer = secrets[index]
      let refusal = Desk.refusal { _ = try desk.openExport(organizations[index]) }
      #expect(refusal == nil || refusal?.code == .resourceExhausted)
      return refusal?.metadata.first { $0.key == "limit" }?.value
    }
    desk.bearer = secrets[0]
    var held = [try desk.openExport("acme")]
    #expect(limit(0) == "exports-per-organization")
    desk.bearer = secrets[1]
    held.append(try desk.openExport("other"))
    // The last place is kept.
    #expect(limit(2) == "max-exports")
    desk.bearer = ""
    held.append(try desk.openExport("acme"))
    #expect(Desk.refusal { _ = try desk.openExport("") }?.code == .resourceExhausted)
    // An operator's takes a place too, but not that of the organization.
    held.removeFirst()
    #expect(limit(0) == "max-exports")
    held.removeLast()
    #expect(limit(0) == nil)
    #expect(held.count == 1)
  }

  @Test func endsWhenItIsReadTooSlowly() throws {
    let desk = try Desk()
    try desk.load(try RandomDirectory(seed: 2).messages.map { try $0.map(Desk.record) })
    let call = try desk.open(.directoryServiceExport)
    let second: Int64 = 1_000_000_000
    _ = try desk.step(call)
    #expect(try call.stalled(nowNanoseconds: desk.nowNanoseconds + 59 * second) == second)
    #expect(
      Desk.refusal { _ = try call.stalled(nowNanoseconds: desk.nowNanoseconds + 60 * second) }?
        .code == .aborted)
    // One that goes on, but for too long.
    let slow = try desk.open(.directoryServiceExport)
    #expect(try slow.stalled(nowNanoseconds: desk.nowNanoseconds) == 60 * second)
    desk.nowNanoseconds += 590 * second
    _ = try desk.step(slow)
    #expect(try slow.stalled(nowNanoseconds: desk.nowNanoseconds) == 10 * second)
    desk.nowNanoseconds += 10 * second
    #expect(Desk.refusal { _ = try desk.step(slow) }?.reason == "READ_TOO_SLOWLY")
  }

  @Test func isForAdministratorsAndOperators() throws {
    let desk = try Desk()
    _ = try desk.load([
      #"{"organization":{"id":"acme"}}"#, ImportTests.user("alice", isAdministrator: true),
      ImportTests.user("bob"), ImportTests.user("carol", isAdministrator: true),
    ])
    let (alice, bob) = (try desk.issueToken("alice"), try desk.issueToken("bob"))
    #expect(Desk.refusal { _ = try desk.dump("none") }?.code == .notFound)
    desk.peer = Peer(userID: 9, groupID: 9, processID: 1, role: .client)
    #expect(Desk.refusal { _ = try desk.dump("acme") }?.code == .unauthenticated)
    desk.bearer = bob
    #expect(Desk.refusal { _ = try desk.dump("acme") }?.code == .permissionDenied)
    desk.bearer = alice
    #expect(try desk.text("acme").count == 4)
    #expect(Desk.refusal { _ = try desk.dump() }?.code == .permissionDenied)
    #expect(Desk.refusal { _ = try desk.dump("none") }?.code == .permissionDenied)
    // A caller that stops being an administrator reads no further.
    let call = try desk.openExport("acme")
    desk.bearer = ""
    desk.peer = Peer(userID: 0, groupID: 0, processID: 1, role: .operator)
    _ = try desk.load([ImportTests.user("alice")])
    #expect(Desk.refusal { _ = try desk.step(call) }?.code == .permissionDenied)
  }
}
