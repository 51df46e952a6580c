internal import Ledger
internal import Messages
internal import RPC
internal import Services
internal import Testing
internal import Tokens

/// Denied attempts are counted in bounded room.
@Suite struct DenialTableTests {
  @Test func staysBounded() throws {
    let log = try EventLog()
    try log.append(
      EventLog.actor(),
      { entry in
        entry.makeOrganizationCreated().setOrganizationID("acme")
      })
    var table = DenialTable()
    #expect(table.isEmpty)
    let refused = Status(.permissionDenied, "no")
    do {
      let draft = try log.ledger.makeDraft(
        at: LedgerTime(nanoseconds: 0), identifiers: TokenIDGenerator())
      for attempt in 0..<5000 as Range<UInt32> {
        let peer = Peer(userID: attempt % 2000, groupID: 0, processID: 1, role: .client)
        let call = Call(peer: peer, credential: .absent)
        let key = services(log).denialKey(
          of: .tokenServiceIssueToken, for: call, status: refused, in: draft)
        table.add(try #require(key), atNanoseconds: Int64(attempt))
        let other = services(log).denialKey(
          of: .tokenServiceIssueToken, for: call, status: Status(.notFound, "no"), in: draft)
        #expect(other == nil)
      }
    }
    var draft = try log.ledger.makeDraft(
      at: LedgerTime(nanoseconds: 0), identifiers: TokenIDGenerator())
    // By way of another table, as from a worker.
    var whole = DenialTable()
    let handed = table.take()
    whole.add(try #require(handed))
    #expect(table.isEmpty)
    table = whole
    table.record(in: &draft, by: EventLog.actor("", "", nil))
    #expect(draft.entryCount == 1)
    _ = try draft.commit()
    table.removeAll()
    #expect(table.isEmpty)
    let text = try #require(try log.events().last).text
    #expect(text.split(separator: #""method""#).count - 1 == DenialTable.maximumRows)
    #expect(text.contains("5000 attempts to change something were denied"))
    #expect(text.contains(#""count":"3","first_at":"1970-01-01T00:00:00Z""#))
  }

  /// A few local users with very many kinds of attempts leave room for those that come last.
  @Test func isSharedByLocalUsers() throws {
    let log = try EventLog()
    try log.append(EventLog.actor()) { $0.makeOrganizationCreated().setOrganizationID("acme") }
    var table = DenialTable()
    let draft = try log.ledger.makeDraft(
      at: LedgerTime(nanoseconds: 0), identifiers: TokenIDGenerator())
    func attempt(_ method: Method, by userID: UInt32, _ code: StatusCode) throws {
      let peer = Peer(userID: userID, groupID: 0, processID: 1, role: .client)
      let key = services(log).denialKey(
        of: method, for: Call(peer: peer, credential: .absent), status: Status(code, "no"),
        in: draft)
      if let key { table.add(key, atNanoseconds: Int64(userID)) }
    }
    for userID in 0..<100 as Range<UInt32> {
      for method in Method.allCases {
        for code in [StatusCode.permissionDenied, .unauthenticated] {
          try attempt(method, by: userID, code)
        }
      }
    }
    let late: [Method] = [
      .tokenServiceIssueToken, .adminServiceBackup, .directoryServiceCreateTeam,
    ]
    for method in late { try attempt(method, by: 5000, .permissionDenied) }
    #expect(table.rowCount == DenialTable.maximumRows)
    #expect(table.rowCount(of: 5000) == late.count)
    for userID in 0..<100 as Range<UInt32> { #expect(table.rowCount(of: userID) >= 9) }
  }

  private func services(_ log: EventLog) -> PosternServices { log.services }
}
