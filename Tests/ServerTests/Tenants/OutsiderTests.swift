internal import Messages
internal import PosternClient
internal import RPC
internal import Services
internal import Testing

/// An outsider is answered the same, byte by byte, whether what it asks about is there or not.
@Suite struct OutsiderTests {
  /// Who asks, by its token in a world.
  private enum Outsider: CaseIterable {
    /// An administrator of another organization, and an org token of it.
    case stranger, strangeToken
    /// An org token of the organization, and a user of it who is no administrator.
    case ownToken, member
  }

  /// A daemon with more or less of what the requests name.
  private struct Place {
    let daemon: Daemon
    var secrets: [Outsider: String] = [:]
    var tokens: [String] = []

    init(hasAcme: Bool, isFull: Bool) throws {
      daemon = try Daemon()
      let client = try daemon.client()
      try client.createOrganization("other", administrator: "mallory")
      secrets[.stranger] = try client.issueToken(for: "mallory", of: "other").secret
      secrets[.strangeToken] = try client.issueOrgToken(named: "o", of: "other", [.api]).secret
      guard hasAcme else { return }
      try client.createOrganization("acme", administrator: "alice")
      try client.invite("bob", to: "acme")
      secrets[.member] = try client.issueToken(for: "bob", of: "acme").secret
      secrets[.ownToken] = try client.issueOrgToken(named: "own", of: "acme", [.rum]).secret
      guard isFull else { return }
      try client.invite("carol", to: "acme")
      try client.createTeam("writers", of: "acme", members: ["carol"])
      try client.putResource("dashboard", "one", of: "acme")
      try client.setWriter("carol", "dashboard", "one", of: "acme")
      tokens = [
        try client.issueToken(for: "carol", of: "acme").id,
        try client.issueOrgToken(named: "api", of: "acme", [.api]).id,
      ]
    }
  }

  /// What a user of the organization may know: its teams and resources.
  private static let isForMembers: Set<Method> = [
    .directoryServiceGetTeam, .directoryServiceListTeamMembers, .directoryServicePutResource,
    .directoryServiceGetResource, .directoryServiceListResources, .directoryServiceListWriters,
  ]

  @Test(arguments: PeerKind.allCases) func learnNothing(kind: PeerKind) throws {
    let full = try Place(hasAcme: true, isFull: true)
    let empty = try Place(hasAcme: true, isFull: false)
    let none = try Place(hasAcme: false, isFull: false)
    var compared = 0
    for method in Method.allCases {
      for request in OutsiderCalls.requests(method, tokens: full.tokens) {
        for outsider in Outsider.allCases {
          if outsider == .member {
            let listsAll = method == .directoryServiceListTeams && request.count < 8
            if Self.isForMembers.contains(method) || listsAll { continue }
          }
          let places =
            outsider == .stranger || outsider == .strangeToken
            ? [full, empty, none] : [full, empty]
          let answers = try places.map { place in
            try Self.answer(method, request, place.secrets[outsider], place.daemon, kind)
          }
          for answer in answers.dropFirst() {
            #expect(answer == answers[0], "\(method) by \(outsider)")
          }
          // Revoking what is unknown succeeds (RFC 7009).
          #expect(
            answers[0].code != 0 || method == .tokenServiceRevokeToken,
            "\(method) by \(outsider)")
          compared += 1
        }
      }
    }
    #expect(compared > 150)
    // Nothing was changed by it.
    let client = try full.daemon.client()
    for id in full.tokens {
      let reply = try client.getToken { $0.setTokenID(id) }
      let state = reply.message.token?.state
      #expect(state == .active)
    }
  }

  private static func answer(
    _ method: Method, _ request: [UInt8], _ secret: String?, _ daemon: Daemon, _ kind: PeerKind
  ) throws -> Outcome {
    let descriptor = method.descriptor
    let call = WireCall(
      service: descriptor.service, method: descriptor.name, payload: request, bearer: secret)
    let peer = try kind.connect(daemon)
    var outcome: Outcome
    if descriptor.kind.streamsResponses {
      try peer.open(call, stream: 1)
      outcome = try peer.all(1).outcome
    } else {
      try peer.sendUnary(call, stream: 1)
      outcome = try peer.unary(1)
    }
    // An answer that says nothing but its revision, which differs between the daemons.
    if outcome.code == 0 { outcome.payload = Array(outcome.payload.prefix { $0 != 15 << 3 }) }
    return outcome
  }

  /// A question about another organization is answered by its action alone: not by the rules that
  /// the policy has for that organization, and not by what is there.
  @Test func questionsTellNothingOfAnotherOrganization() throws {
    let folder = TemporaryFolder()
    let path = folder.write(
      "policy.json5",
      """
      { organizations: { acme: { actions: {
        "dashboard.update": { any: ["team:secret-team"] },
        "integration.create": { any: ["scope:api", "team:secret-team"] } } } } }
      """)
    let world = try World(["--policy", path])
    let client = try world.daemon.client()
    let secret = world.secret(of: .stranger)
    let token = try client.issueOrgToken(named: "o", of: "other", [.ingest]).secret
    for action in ["dashboard.update", "integration.create", "datapoint.ingest"] {
      for subject in [secret, token] {
        var answers: Set<String> = []
        for (organization, id) in [("acme", "one"), ("acme", "none"), ("nowhere", "one")] {
          let reply = try client.explain { request in
            request.setTokenSecret(subject)
            request.setAction(action)
            request.makeResource().set(id, organization)
          }
          let message = reply.message
          let count = message.grantsCount + message.relationsCount
          #expect(count == 0)
          answers.insert("\(message.reason) \(String(message.rule)) \(String(message.message))")
        }
        #expect(answers.count == 1, "\(answers)")
        #expect(!answers.contains { $0.contains("secret-team") })
      }
    }
    // Nor does a refused call.
    let stranger = try world.daemon.client(bearer: token)
    let refusal = failure { () throws(ClientError) in
      try stranger.putResource("integration", "x", of: "acme")
    }
    #expect(refusal?.sentence.contains("secret-team") == false)
  }
}
