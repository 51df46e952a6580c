internal import Testing

/// What the audit tells of tokens that were revoked together.
@Suite struct MassRevocationAuditTests {
  /// Tokens of all organizations are revoked by one call: each organization sees its own, and no
  /// other's.
  @Test func everyOrganizationSeesItsOwn() throws {
    let desk = try Desk()
    let organizations = (0..<150).map { "org\($0)" }
    var tokens: [[String]] = []
    for id in organizations {
      _ = try desk.load([
        #"{"organization":{"id":"\#(id)"}}"#,
        #"{"user":{"organization_id":"\#(id)","id":"alice","administrator":true}}"#,
      ])
    }
    for _ in 0..<2 {
      tokens.append(try organizations.map { try desk.issueTokenID("alice", of: $0) })
    }
    try desk.revokeAllTokens()
    for (index, id) in organizations.enumerated() {
      let kinds = try desk.kinds(of: id)
      #expect((1...2).contains(kinds.count { $0 == "EVENT_KIND_TOKENS_REVOKED" }), "\(kinds)")
      for issued in tokens {
        #expect(
          try desk.kinds(ofToken: issued[index], of: id) == [
            "EVENT_KIND_TOKEN_ISSUED", "EVENT_KIND_TOKENS_REVOKED",
          ])
      }
    }
  }
}
