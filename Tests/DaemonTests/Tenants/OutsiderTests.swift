internal import Glibc
internal import Messages
internal import PosternClient
internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// An outsider is answered the same, byte by byte, whether what it asks about is there or not.
@Suite struct OutsiderTests {
  /// The callers, by their tokens in a world.
  private enum Outsider: CaseIterable {
    /// A process without a token and without rights of its own.
    case nobody
    /// An administrator of another organization, and an org token of it.
    case stranger, strangeToken
    /// An org token of the organization, and a user of it that is no administrator.
    case ownToken, member
  }

  /// A daemon with more or less of what the requests name.
  private struct Place {
    private(set) var daemon: Daemon
    var secrets: [Outsider: String] = [:]
    var tokens: [String] = []
    var administrator = ""

    init(hasAcme: Bool, isFull: Bool) throws {
      daemon = try Daemon()
      try fill(hasAcme: hasAcme, isFull: isFull)
      _ = try daemon.stop()
      // From now on this process has no rights of its own.
      daemon = try Daemon(["--require-bearer-uid", "\(getuid())"], folder: daemon.folder)
    }

    private mutating func fill(hasAcme: Bool, isFull: Bool) throws {
      let client = try daemon.client()
      try client.createOrganization("other", administrator: "mallory")
      secrets[.stranger] = try client.issueToken(for: "mallory", of: "other").secret
      secrets[.strangeToken] = try client.issueOrgToken(named: "o", of: "other", [.api]).secret
      guard hasAcme else { return }
      try client.createOrganization("acme", administrator: "alice")
      administrator = try client.issueToken(for: "alice", of: "acme").secret
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
            outsider == .member || outsider == .ownToken ? [full, empty] : [full, empty, none]
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
    let client = try full.daemon.client(bearer: full.administrator)
    for id in full.tokens {
      let reply = try client.getToken { $0.setTokenID(id) }
      let state = reply.message.token?.state
      #expect(state == .active)
    }
  }

  /// A proxy's clients learn no more.
  @Test(arguments: PeerKind.allCases) func learnNothingByAProxy(kind: PeerKind) throws {
    let places = [
      try Place(hasAcme: true, isFull: true), try Place(hasAcme: true, isFull: false),
      try Place(hasAcme: false, isFull: false),
    ]
    let extensions = [
      [], [("postern.organization_id", "acme")],
      [("postern.action", "dashboard.update"), ("postern.resource_id", "one")],
      [
        ("postern.action", "dashboard.update"), ("postern.resource_id", "one"),
        ("postern.organization_id", "acme"),
      ],
      [("postern.action", "organization.get"), ("postern.resource_id", "acme")],
      [("postern.action", "team.remove_member"), ("postern.target_user_id", "carol")],
      [("postern.action", "dashboard.create"), ("postern.organization_id", "acme")],
    ]
    for (method, path) in [
      ("PUT", "/v2/dashboard/one"), ("DELETE", "/v2/team/writers/member/carol"),
      ("DELETE", "/v2/organization/member/carol"), ("GET", "/v2/token/api"),
      ("GET", "/v2/organization"), ("PUT", "/v2/team/writers"), ("GET", "/v2/nothing"),
    ] {
      for extensions in extensions {
        for outsider in Outsider.allCases {
          let isOwn = outsider == .member || outsider == .ownToken
          let answers = try places.dropLast(isOwn ? 1 : 0).map { place in
            var question = AuthorizationQuestion(method: method, path: path, extensions: extensions)
            if let secret = place.secrets[outsider] {
              question.headers = [("authorization", "Bearer \(secret)")]
            }
            let peer = try kind.connect(place.daemon)
            try peer.sendUnary(AuthorizationQuestion.call(question.payload), stream: 1)
            return try AuthorizationAnswer(try peer.unary(1).payload)
          }
          // A caller that is let through to its own organization is told its identity.
          let told = answers.map { "\($0.code ?? -1) \($0.httpStatus ?? 0) \($0.body)" }
          #expect(Set(told).count == 1, "\(method) \(path) \(extensions) by \(outsider): \(told)")
          let namesAcme = extensions.contains { $0.1 == "acme" }
          #expect(isOwn || !namesAcme || !answers[0].isAllowed)
        }
      }
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
