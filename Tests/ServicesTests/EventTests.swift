internal import Ledger
internal import Messages
internal import RPC
internal import Services
internal import Testing
internal import Tokens

/// Entries of the log as the audit tells them.
@Suite struct EventTests {
  private func told(
    _ fill: @escaping (PosternStorageV1.Entry.Builder) -> Void
  ) throws -> String {
    let log = try EventLog()
    try log.append(EventLog.actor(), fill)
    return try #require(try log.events().first).text
  }

  @Test func tellsAuthorTimeAndOrigin() throws {
    let text = try told { $0.makeOrganizationCreated().setOrganizationID("acme") }
    for part in [
      #""user_id":"alice""#, #""organization_id":"acme""#,
      #""token_id":"\#(EventLog.token.description)""#, #""uid":501"#, #""gid":20"#,
      #""pid":4242"#, #""executable":"/usr/bin/tool""#, #""time":"1970-01-01T00:00:01Z""#,
      #""revision":"1""#, #""kind":"EVENT_KIND_ORGANIZATION_CREATED""#,
      "organization `acme` was created",
    ] { #expect(text.contains(part), "\(part) in \(text)") }
  }

  @Test func carriesTheHashThatTheNextEntryHolds() throws {
    let log = try EventLog()
    try log.append(EventLog.actor(), { $0.makeOrganizationCreated().setOrganizationID("a") })
    try log.append(EventLog.actor(), { $0.makeOrganizationCreated().setOrganizationID("b") })
    var snapshot = try log.ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    let hash = snapshot.verifyLog(LogStretch(from: 1, through: 1)).verifiedHash
    let bytes = try #require(hash).bytes
    let arena = Arena(initialBytes: 64)
    let event = PosternV1.Event.Builder(in: arena)
    event.setHash(bytes.span)
    let part = event.view.jsonText.split(separator: #""hash":"#)[1].prefix(46)
    #expect(try log.events()[0].text.contains(part))
  }

  @Test func tellsBeforeAndAfter() throws {
    let renamed = try told { entry in
      let put = entry.makeResourcePut()
      put.setOrganizationID("acme")
      put.setResourceType("dashboard")
      put.setResourceID("latency")
      put.setDisplayName("New")
      put.setOldDisplayName("Old")
    }
    #expect(renamed.contains("dashboard `latency` was renamed"))
    #expect(renamed.contains(#"{"field":"display_name","before":"Old","after":"New"}"#))
    let demoted = try told { entry in
      let set = entry.makeAdministratorSet()
      set.setOrganizationID("acme")
      set.setUserID("bob")
    }
    #expect(demoted.contains(#"{"field":"administrator","before":"true","after":"false"}"#))
    #expect(demoted.contains("EVENT_KIND_ADMINISTRATOR_WITHDRAWN"))
    let deleted = try told { entry in
      let deleted = entry.makeUserDeleted()
      deleted.setOrganizationID("acme")
      deleted.setUserID("bob")
      deleted.setDisplayName("Bob")
      deleted.setAdministrator(true)
    }
    #expect(deleted.contains(#"{"field":"display_name","before":"Bob"}"#))
    #expect(deleted.contains(#"{"field":"administrator","before":"true"}"#))
    let writer = try told { entry in
      let removed = entry.makeWriterRemoved()
      removed.setOrganizationID("acme")
      removed.setResourceType("detector")
      removed.setResourceID("d1")
      removed.setTeamID("ops")
    }
    #expect(writer.contains(#"{"field":"writers","before":"team `ops`"}"#))
    #expect(writer.contains("team `ops` stopped being a writer of detector `d1`"))
    let revoked = try told { entry in
      let revoked = entry.makeTokenRevoked()
      let id = EventLog.token.bytes
      revoked.setTokenID(id.span)
      revoked.setOrganizationID("acme")
      revoked.setUserID("bob")
      revoked.setOldState(1)
    }
    #expect(
      revoked.contains(
        #"{"field":"state","before":"TOKEN_STATE_ACTIVE","after":"TOKEN_STATE_REVOKED"}"#))
    #expect(revoked.contains("a token of user `bob` was revoked"))
    let issued = try told { entry in
      let issued = entry.makeTokenIssued()
      let (id, digest) = (EventLog.token.bytes, SHA256.Digest())
      issued.setTokenID(id.span)
      issued.setSecretHash(digest.span)
      issued.setKind(2)
      issued.setOrganizationID("acme")
      issued.setName("agents")
      issued.setScopes(3)
      issued.setExpiresAtNanoseconds(86_400_000_000_000)
    }
    #expect(issued.contains("org token `agents` was issued"))
    #expect(issued.contains(#"{"field":"scopes","after":"TOKEN_SCOPE_INGEST"}"#))
    #expect(issued.contains(#"{"field":"scopes","after":"TOKEN_SCOPE_API"}"#))
    #expect(issued.contains(#""after":"1970-01-02T00:00:00Z"}"#))
  }

  @Test func tellsChangesOfOrgTokens() throws {
    let updated = try told { entry in
      let updated = entry.makeTokenUpdated()
      let id = EventLog.token.bytes
      updated.setTokenID(id.span)
      updated.setOrganizationID("acme")
      updated.setChanged(1 + 2 + 16)
      updated.setName("new")
      updated.setOldName("old")
      updated.setScopes(5)
      updated.setOldScopes(3)
      updated.setDisabled(true)
    }
    #expect(updated.contains("org token `old` was switched off"))
    #expect(updated.contains(#"{"field":"name","before":"old","after":"new"}"#))
    #expect(updated.contains(#"{"field":"scopes","before":"TOKEN_SCOPE_API"}"#))
    #expect(updated.contains(#"{"field":"scopes","after":"TOKEN_SCOPE_RUM"}"#))
    #expect(!updated.contains("TOKEN_SCOPE_INGEST"))
    #expect(
      updated.contains(
        #"{"field":"state","before":"TOKEN_STATE_ACTIVE","after":"TOKEN_STATE_DISABLED"}"#))
    let rotated = try told { entry in
      let rotated = entry.makeTokenRotated()
      let (id, digest) = (EventLog.token.bytes, SHA256.Digest())
      rotated.setTokenID(id.span)
      rotated.setSecretHash(digest.span)
      rotated.setName("agents")
      rotated.setPreviousSecretExpiresAtNanoseconds(86_400_000_000_000)
    }
    #expect(rotated.contains("org token `agents` got a new secret"))
    #expect(
      rotated.contains(#"{"field":"previous_secret_expires_at","after":"1970-01-02T00:00:00Z"}"#))
    let swept = try told { entry in
      let (first, second) = (EventLog.token.bytes, EventLog.otherToken.bytes)
      var ids = Array(copying: first.span)
      ids += Array(copying: second.span)
      entry.makeTokensSwept().setTokenIDs(ids.span)
    }
    #expect(swept.contains("2 tokens that ended long ago were removed"))
    let one = try told { entry in
      entry.makeTokensSwept().setTokenIDs(EventLog.token.bytes.span)
    }
    #expect(one.contains("1 token that ended long ago was removed"))
    let revoked = try told { entry in
      let change = entry.makeTokensRevoked()
      change.setUserID("bob")
      change.setTokenIDs(EventLog.token.bytes.span)
    }
    #expect(revoked.contains("1 token of user `bob` was revoked"))
    let team = try told { entry in
      let updated = entry.makeTeamUpdated()
      updated.setOrganizationID("acme")
      updated.setTeamID("ops")
      updated.setOldDisplayName("Old")
    }
    #expect(team.contains(#"{"field":"display_name","before":"Old"}"#))
  }

  @Test func tellsOfAResourceThatKeepsItsName() throws {
    let put = try told { entry in
      let put = entry.makeResourcePut()
      put.setOrganizationID("acme")
      put.setResourceType("dashboard")
      put.setResourceID("one")
    }
    #expect(put.contains("dashboard `one` was put"))
    #expect(!put.contains(#""changes":"#))
  }

  @Test func showsOfDenialsWhatTheFilterSelects() throws {
    let log = try EventLog()
    try log.append(
      EventLog.actor("", "", nil),
      { entry in
        let recorded = entry.makeDenialsRecorded()
        for (organization, user, count) in [("acme", "bob", 3), ("other", "mallory", 500)] {
          Self.fill(recorded.addDenials(), organization, user, UInt64(count))
        }
        recorded.setFurtherCount(9)
      })
    let all = try #require(try log.events().first).text
    #expect(all.contains("512 attempts to change something were denied"))
    #expect(all.contains(#""further_denial_count":"9""#))
    #expect(all.contains("mallory") && all.contains(#""status":"PERMISSION_DENIED""#))
    let acme = try #require(try log.events { $0.setOrganizationID("acme") }.first).text
    #expect(acme.contains("3 attempts to change something were denied"))
    #expect(acme.contains(#""further_denial_count":"0""#))
    #expect(!acme.contains("mallory") && !acme.contains("other"))
    #expect(try log.events { $0.setOrganizationID("third") }.isEmpty)
    let none = try log.events {
      $0.setOrganizationID("acme")
      $0.setUserID("mallory")
    }
    #expect(none.isEmpty)
    #expect(try log.events { $0.setResourceType("dashboard") }.isEmpty)
  }

  private static func fill(
    _ denial: PosternStorageV1.Denial.Builder, _ organization: String, _ user: String,
    _ count: UInt64
  ) {
    denial.setOrganizationID(organization)
    denial.setUserID(user)
    denial.setMethod("postern.v1.TokenService/IssueToken")
    denial.setStatusCode(StatusCode.permissionDenied.rawValue)
    denial.setCount(count)
  }
}
