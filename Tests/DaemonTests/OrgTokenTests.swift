internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Changes and rotations of org tokens.
@Suite struct OrgTokenTests {
  private static let hour: Int64 = 3_600_000_000_000

  @Test func changesWhatTheMaskNamesAndNothingElse() throws {
    let world = try World()
    let client = try world.daemon.client()
    let issued = try client.issueOrgToken(named: "ci", of: "acme", [.api])
    let before = try #require(try client.orgToken(issued.id))
    let all: (PosternV1.UpdateOrgTokenRequest.Builder) -> Void = {
      $0.setName("cd")
      $0.addScopes(.rum)
      $0.addScopes(.ingest)
      $0.setDescription("what for")
      $0.makeExpiresAt().set(4_102_444_800_000_000_007)
      $0.setDisabled(true)
    }
    let named = try #require(try client.updateOrgToken(issued.id, ["name"], all).token)
    #expect(named.name == "cd")
    #expect(named.scopes == [.api] && named.state == .active && named.expiresAt == 0)
    #expect(named.description.isEmpty && named.id == before.id)

    let changed = try client.updateOrgToken(
      issued.id, ["scopes", "description", "expires_at", "disabled", "scopes"], all)
    let token = try #require(changed.token)
    #expect(token == (try client.orgToken(issued.id)))
    #expect(changed.revision == (try client.revision()))
    #expect(token.scopes == [.ingest, .rum] && token.description == "what for")
    #expect(token.expiresAt == 4_102_444_800_000_000_007 && token.state == .disabled)
    #expect(try !client.isActive(issued.secret))

    // The same again changes nothing; absent values take away.
    let again = try client.updateOrgToken(
      issued.id, ["name", "scopes", "description", "expires_at", "disabled"], all)
    #expect(again.revision == changed.revision)
    let cleared = try #require(
      try client.updateOrgToken(issued.id, ["description", "expires_at", "disabled"]).token)
    #expect(cleared.description.isEmpty && cleared.expiresAt == 0 && cleared.state == .active)
    #expect(cleared.name == "cd" && cleared.scopes == [.ingest, .rum])
    #expect(try client.isActive(issued.secret))
    #expect(
      try client.check(token: issued.secret, "datapoint.ingest").isAllowed, "new scopes count")
  }

  @Test func renamesFreeTheOldNameAndTakeTheNew() throws {
    let world = try World()
    let client = try world.daemon.client()
    let first = try client.issueOrgToken(named: "one", of: "acme", [.api])
    let second = try client.issueOrgToken(named: "two", of: "acme", [.api])
    let taken = failure { () throws(ClientError) in
      try client.updateOrgToken(first.id, ["name"]) { $0.setName("two") }
    }
    #expect(taken?.statusName == "ALREADY_EXISTS" && taken?.field == "name")
    try client.updateOrgToken(first.id, ["name"]) { $0.setName("three") }
    try client.updateOrgToken(second.id, ["name"]) { $0.setName("one") }
    try client.updateOrgToken(first.id, ["name"]) { $0.setName("two") }
    // A revoke frees the name that it has now.
    try client.revoke(id: first.id)
    _ = try client.issueOrgToken(named: "two", of: "acme", [.api])
    _ = try client.issueOrgToken(named: "three", of: "acme", [.api])
    let held = failure { () throws(ClientError) in
      try client.issueOrgToken(named: "one", of: "acme", [.api])
    }
    #expect(held?.statusName == "ALREADY_EXISTS")
    // Another organization has names of its own.
    let other = try client.issueOrgToken(named: "x", of: "other", [.api])
    try client.updateOrgToken(other.id, ["name"]) { $0.setName("one") }
  }

  @Test func rotatesWithAndWithoutGrace() throws {
    let world = try World()
    let client = try world.daemon.client()
    let issued = try client.issueOrgToken(named: "ci", of: "acme", [.ingest])
    let second = try client.rotate(issued.id, graceSeconds: 3600)
    let third = try client.rotate(issued.id, graceSeconds: 3600)
    #expect(Set([issued.secret, second.secret, third.secret]).count == 3)
    #expect(third.secret.hasPrefix("pst_o_" + issued.id), "the id stays")
    // Never more than two are good.
    #expect(try !client.isActive(issued.secret))
    for secret in [second.secret, third.secret] {
      #expect(try client.isActive(secret))
      #expect(try client.check(token: secret, "datapoint.ingest").isAllowed)
      // As a bearer: known, and without the right.
      let bearer = try world.daemon.client(bearer: secret)
      let refusal = failure { () throws(ClientError) in try bearer.invite("eve", to: "acme") }
      #expect(refusal?.statusName == "PERMISSION_DENIED")
    }
    let token = try #require(third.token)
    #expect(token.name == "ci" && token.scopes == [.ingest] && token.state == .active)
    #expect(token.previousSecretExpiresAt > 0)
    #expect(token == (try client.orgToken(issued.id)))

    let fourth = try client.rotate(issued.id)
    #expect(try #require(fourth.token).previousSecretExpiresAt == 0)
    for secret in [issued.secret, second.secret, third.secret] {
      #expect(try !client.isActive(secret))
      let bearer = try world.daemon.client(bearer: secret)
      let refusal = failure { () throws(ClientError) in try bearer.revision() }
      #expect(refusal == nil || refusal?.statusName == "UNAUTHENTICATED")
      // The holder of a secret that has ended can't revoke the token with it.
      try client.revoke(secret: secret)
    }
    #expect(try client.isActive(fourth.secret))
    // One nanosecond of grace has passed when the next call comes.
    let fifth = try client.rotate(issued.id, graceSeconds: 0, nanoseconds: 1)
    #expect(try !client.isActive(fourth.secret) && client.isActive(fifth.secret))
    #expect(try #require(try client.orgToken(issued.id)).previousSecretExpiresAt == 0)
  }

  @Test func endsTheGraceOnDemand() throws {
    let world = try World()
    let client = try world.daemon.client()
    let issued = try client.issueOrgToken(named: "ci", of: "acme", [.api])
    let field = "previous_secret_expires_at"
    let revision = try client.revision()
    #expect(try client.updateOrgToken(issued.id, [field]).revision == revision, "nothing to end")
    let later: (Int64) -> (PosternV1.UpdateOrgTokenRequest.Builder) -> Void = { time in
      { $0.makePreviousSecretExpiresAt().set(time) }
    }
    let none = failure { () throws(ClientError) in
      try client.updateOrgToken(issued.id, [field], later(4_102_444_800_000_000_000))
    }
    #expect(none?.field == field)

    let rotated = try client.rotate(issued.id, graceSeconds: 7200)
    let end = try #require(rotated.token).previousSecretExpiresAt
    for time in [end + 1, 1, 4_102_444_800_000_000_000] {
      let refusal = failure { () throws(ClientError) in
        try client.updateOrgToken(issued.id, [field], later(time))
      }
      #expect(refusal?.statusName == "INVALID_ARGUMENT" && refusal?.field == field)
    }
    let shorter = try client.updateOrgToken(issued.id, [field], later(end - Self.hour)).token
    #expect(shorter?.previousSecretExpiresAt == end - Self.hour)
    #expect(try client.isActive(issued.secret))
    let ended = try client.updateOrgToken(issued.id, [field]).token
    #expect(ended?.previousSecretExpiresAt == 0)
    #expect(try !client.isActive(issued.secret) && client.isActive(rotated.secret))
  }

  @Test func graceNeverOutlivesTheToken() throws {
    let world = try World()
    let client = try world.daemon.client()
    let issued = try client.issueOrgToken(named: "ci", of: "acme", [.api], seconds: 3600)
    let rotated = try client.rotate(issued.id, graceSeconds: 60 * 24 * 3600)
    let token = try #require(rotated.token)
    #expect(token.previousSecretExpiresAt == token.expiresAt && token.expiresAt > 0)
    // Bringing the expiry forward takes the grace along, and it doesn't come back.
    let sooner = token.expiresAt - Self.hour / 2
    let shortened = try client.updateOrgToken(issued.id, ["expires_at"]) {
      $0.makeExpiresAt().set(sooner)
    }
    #expect(shortened.token?.previousSecretExpiresAt == sooner)
    let prolonged = try client.updateOrgToken(issued.id, ["expires_at"])
    #expect(prolonged.token?.expiresAt == 0)
    #expect(prolonged.token?.previousSecretExpiresAt == sooner)
    // Switched off, neither secret is good; revoked, neither ever is.
    try client.updateOrgToken(issued.id, ["disabled"]) { $0.setDisabled(true) }
    #expect(try !client.isActive(issued.secret) && !client.isActive(rotated.secret))
    try client.updateOrgToken(issued.id, ["disabled"])
    #expect(try client.isActive(issued.secret) && client.isActive(rotated.secret))
    try client.revoke(secret: issued.secret)
    #expect(try !client.isActive(issued.secret) && !client.isActive(rotated.secret))
    let revoked = try #require(try client.orgToken(issued.id))
    #expect(revoked.state == .revoked && revoked.previousSecretExpiresAt == 0)
  }

  @Test func refusesWhatCannotBe() throws {
    let world = try World()
    let client = try world.daemon.client()
    let issued = try client.issueOrgToken(named: "ci", of: "acme", [.api])
    let revision = try client.revision()
    let updates: [([String], String, (PosternV1.UpdateOrgTokenRequest.Builder) -> Void)] = [
      ([], "update_mask", { $0.setName("x") }),
      ([""], "update_mask", { $0.setName("x") }),
      (["*"], "update_mask", { $0.setName("x") }),
      (["name", "id"], "update_mask", { $0.setName("x") }),
      (["name", "Name"], "update_mask", { $0.setName("x") }),
      ([String(repeating: "n", count: 100_000)], "update_mask", { $0.setName("x") }),
      (["name"], "name", { _ in }),
      (["name"], "name", { $0.setName(String(repeating: "n", count: 129)) }),
      (["scopes"], "scopes", { _ in }),
      (["scopes"], "scopes", { $0.addScopes(PosternV1.TokenScope(rawValue: 77)) }),
      (["description"], "description", { $0.setDescription(String(repeating: "d", count: 1025)) }),
      (["expires_at"], "expires_at", { $0.makeExpiresAt().set(1) }),
      (["expires_at"], "expires_at", { $0.makeExpiresAt().setSeconds(.min) }),
      (["expires_at"], "expires_at", { $0.makeExpiresAt().setNanos(-1) }),
      (["expires_at"], "expires_at", { $0.makeExpiresAt().setNanos(1_000_000_000) }),
    ]
    for (mask, field, fill) in updates {
      let refusal = failure { () throws(ClientError) in
        try client.updateOrgToken(issued.id, mask, fill)
      }
      #expect(refusal?.statusName == "INVALID_ARGUMENT", "\(mask.map { $0.prefix(20) })")
      #expect(refusal?.field == field)
      #expect((refusal?.sentence.utf8.count ?? 0) < 300)
    }
    let graces: [(Int64, Int32)] = [
      (-1, 0), (0, -1), (60 * 24 * 3600, 1), (.max, .max), (.min, .min), (61 * 24 * 3600, 0),
    ]
    for (seconds, nanoseconds) in graces {
      let refusal = failure { () throws(ClientError) in
        try client.rotate(issued.id, graceSeconds: seconds, nanoseconds: nanoseconds)
      }
      #expect(refusal?.field == "grace_period", "\(seconds) \(nanoseconds)")
    }
    #expect(try client.revision() == revision && client.isActive(issued.secret))
    // A far time counts as the farthest one.
    let far = try client.updateOrgToken(issued.id, ["expires_at"]) {
      $0.makeExpiresAt().setSeconds(.max)
    }
    #expect(far.token?.expiresAt == .max)
  }

  @Test func refusesTokensThatAreNotThereOrNotGood() throws {
    let world = try World()
    let client = try world.daemon.client()
    let user = try client.issueToken(for: "bob", of: "acme")
    let revoked = try client.issueOrgToken(named: "revoked", of: "acme", [.api])
    try client.revoke(id: revoked.id)
    let expired = try client.issueOrgToken(
      named: "expired", of: "acme", [.api], seconds: 0, nanoseconds: 1)
    let disabled = try client.issueOrgToken(named: "disabled", of: "acme", [.api])
    try client.updateOrgToken(disabled.id, ["disabled"]) { $0.setDisabled(true) }
    let revision = try client.revision()
    for (id, update, rotate) in [
      (user.id, "NOT_FOUND", "NOT_FOUND"),
      ("0000000000000000000000", "NOT_FOUND", "NOT_FOUND"),
      ("", "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
      (revoked.id, "FAILED_PRECONDITION", "FAILED_PRECONDITION"),
      (expired.id, "FAILED_PRECONDITION", "FAILED_PRECONDITION"),
      (disabled.id, "", "FAILED_PRECONDITION"),
    ] {
      let updating = failure { () throws(ClientError) in
        try client.updateOrgToken(id, ["disabled"]) { $0.setDisabled(true) }
      }
      #expect(updating?.statusName ?? "" == update, "\(id)")
      let rotating = failure { () throws(ClientError) in try client.rotate(id) }
      #expect(rotating?.statusName ?? "" == rotate, "\(id)")
    }
    #expect(try client.revision() == revision)
  }

  /// Only administrators of the token's own organization may. Others don't learn which ids exist.
  @Test func isForAdministratorsAndHidesIDs() throws {
    let world = try World()
    let client = try world.daemon.client()
    let issued = try client.issueOrgToken(named: "ci", of: "acme", [.api])
    let ids = [
      issued.id, try client.issueToken(for: "bob", of: "acme").id,
      try client.issueOrgToken(named: "x", of: "other", [.api]).id, "0000000000000000000000",
    ]
    for subject: PermissionMatrixTests.Subject in [.user, .writer, .apiToken, .revoked] {
      let other = try world.daemon.client(bearer: world.secret(of: subject))
      let expected = subject == .revoked ? "UNAUTHENTICATED" : "PERMISSION_DENIED"
      for id in ids {
        let updating = failure { () throws(ClientError) in
          try other.updateOrgToken(id, ["disabled"]) { $0.setDisabled(true) }
        }
        #expect(updating?.statusName == expected)
        let rotating = failure { () throws(ClientError) in try other.rotate(id) }
        #expect(rotating?.statusName == expected)
      }
    }
    let stranger = try world.daemon.client(bearer: world.secret(of: .stranger))
    let refusal = failure { () throws(ClientError) in try stranger.rotate(issued.id) }
    #expect(refusal?.statusName == "NOT_FOUND")
    #expect(try client.isActive(issued.secret))
    let alice = try world.daemon.client(bearer: world.secret(of: .administrator))
    let rotated = try alice.rotate(issued.id)
    #expect(try alice.updateOrgToken(issued.id, ["disabled"]).token?.state == .active)
    #expect(try client.isActive(rotated.secret))
  }

  @Test func staysAcrossACrash() throws {
    let folder = TemporaryFolder()
    var secrets: [(String, Bool)] = []
    var expected: OrgTokenView?
    do {
      let daemon = try Daemon(folder: folder)
      let client = try daemon.client()
      try client.createOrganization("acme", administrator: "alice")
      let issued = try client.issueOrgToken(named: "ci", of: "acme", [.api])
      let second = try client.rotate(issued.id)
      let third = try client.rotate(issued.id, graceSeconds: 3600)
      try client.updateOrgToken(issued.id, ["name"]) { $0.setName("cd") }
      expected = try client.orgToken(issued.id)
      secrets = [(issued.secret, false), (second.secret, true), (third.secret, true)]
      _ = try daemon.crash()
    }
    let daemon = try Daemon(folder: folder)
    let client = try daemon.client()
    for (secret, isGood) in secrets { #expect(try client.isActive(secret) == isGood) }
    #expect(try client.orgToken(try #require(expected).id) == expected)
    _ = try client.issueOrgToken(named: "ci", of: "acme", [.api])
  }
}
