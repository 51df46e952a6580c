internal import Messages
internal import Testing

/// Fields that are read and written by their names are those of the typed views and builders.
@Suite struct FieldTests {
  @Test func readsEachKindOfField() {
    let arena = Arena(initialBytes: 1 << 10)
    let answer = PosternV1.GetTokenResponse.Builder(in: arena)
    answer.setRevision(.max)
    let token = answer.makeToken()
    token.setID("0123")
    token.setKind(.org)
    token.setState(PosternV1.TokenState(rawValue: 77))
    token.addScopes(.ingest)
    token.addScopes(.rum)
    token.setUseCount(12)
    token.makeIssuedAt().setSeconds(-5)
    token.makeIssuedBy().setPid(-7)
    let fields = answer.view.fields
    #expect(fields["revision"] == .unsigned(.max))
    #expect(fields["ledger_epoch"] == .unsigned(0))
    #expect(fields["token.id"] == .text("0123"))
    #expect(fields["token.user_id"] == .text(""))
    #expect(fields["token.kind"] == .word("org"))
    #expect(fields["token.state"] == .word("77"))
    #expect(fields["token.scopes"] == .list([.word("ingest"), .word("rum")]))
    #expect(fields["token.use_count"] == .unsigned(12))
    #expect(fields["token.issued_at"] == .time(seconds: -5, nanoseconds: 0))
    #expect(fields["token.expires_at"] == .absent)
    #expect(fields["token.issued_by.pid"] == .signed(-7))
    let name = fields.message("token")?["name"]
    #expect(name == .text(""))
  }

  @Test func readsElementsAndOneofs() {
    let arena = Arena(initialBytes: 1 << 10)
    let page = PosternV1.ListWritersResponse.Builder(in: arena)
    #expect(page.view.fields.count(of: "writers") == 0)
    page.addWriters().setUserID("bob")
    page.addWriters().setTeamID("oncall")
    let fields = page.view.fields
    #expect(fields.count(of: "writers") == 2)
    #expect(fields.element(0, of: "writers")["user_id"] == .text("bob"))
    #expect(fields.element(0, of: "writers")["team_id"] == .absent)
    #expect(fields.element(1, of: "writers")["user_id"] == .absent)
    #expect(fields.element(1, of: "writers")["team_id"] == .text("oncall"))
  }

  @Test func absentMessagesHaveAbsentFields() {
    let arena = Arena(initialBytes: 1 << 10)
    let fields = PosternV1.GetTeamResponse.Builder(in: arena).view.fields
    let hasTeam = fields.message("team") != nil
    #expect(!hasTeam)
    #expect(fields["team.display_name"] == .absent)
  }

  @Test func writesEachKindOfField() throws {
    let arena = Arena(initialBytes: 1 << 10)
    let request = PosternV1.UpdateOrgTokenRequest.Builder(in: arena)
    request.set("token_id", to: .text("0123"))
    request.set("name", utf8: "agents".utf8Span.span)
    request.set("disabled", to: .boolean(true))
    request.set("scopes", to: .list([.word("api"), .word("rum")]))
    request.set("expires_at", to: .time(seconds: 9, nanoseconds: 8))
    request.set("update_mask.paths", to: .list([.text("name"), .text("scopes")]))
    request.set("update_mask.paths", to: .list([.text("disabled")]))
    let text =
      #"{"token_id":"0123","update_mask":"name,scopes,disabled","name":"agents","#
      + #""scopes":["TOKEN_SCOPE_API","TOKEN_SCOPE_RUM"],"#
      + #""expires_at":"1970-01-01T00:00:09.000000008Z","disabled":true}"#
    #expect(request.jsonText == text)
    let log = PosternV1.VerifyLogRequest.Builder(in: arena)
    log.set("from_revision", to: .unsigned(.max))
    log.set("expected_hash", to: .bytes([1, 2]))
    log.set("ledger_epoch", to: .unsigned(3))
    #expect(log.view.fromRevision == .max)
    #expect([UInt8](copying: log.view.expectedHash) == [1, 2])
    #expect(log.view.ledgerEpoch == 3)
    let issue = PosternV1.IssueTokenRequest.Builder(in: arena)
    issue.set("lifetime", to: .duration(seconds: 60))
    #expect(issue.view.lifetime?.seconds == 60)
  }

  @Test func writesAOneofSoThatItIsEncoded() throws {
    let arena = Arena(initialBytes: 1 << 10)
    let request = PosternV1.SetWriterRequest.Builder(in: arena)
    request.set("writer.team_id", to: .text("oncall"))
    var buffer = ByteBuffer()
    request.encode(into: &buffer)
    let decoded = try PosternV1.SetWriterRequest(decoding: buffer.bytes, in: arena)
    #expect(decoded.fields["writer.team_id"] == .text("oncall"))
    #expect(decoded.fields["writer.user_id"] == .absent)
  }

  @Test func anUnknownNameTraps() async {
    await #expect(processExitsWith: .failure) {
      let arena = Arena(initialBytes: 1 << 10)
      _ = PosternV1.GetTeamRequest.Builder(in: arena).view.fields["tema_id"]
    }
    await #expect(processExitsWith: .failure) {
      let arena = Arena(initialBytes: 1 << 10)
      PosternV1.GetTeamRequest.Builder(in: arena).set("tema_id", to: .text("x"))
    }
    await #expect(processExitsWith: .failure) {
      let arena = Arena(initialBytes: 1 << 10)
      PosternV1.GetTeamRequest.Builder(in: arena).set("team_id", to: .unsigned(1))
    }
  }
}
