internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// A token's secret in a field for an id or for text is refused, and the refusal doesn't repeat it.
@Suite struct SecretAsIDTests {
  /// A method, the field of its request that gets the secret, the name of the field, and the other
  /// fields.
  struct Misplaced: Sendable, CustomTestStringConvertible {
    let method: Method
    let field: String
    let payload: @Sendable (String) -> [UInt8]

    init(_ method: Method, _ field: String, _ payload: @escaping @Sendable (String) -> [UInt8]) {
      self.method = method
      self.field = field
      self.payload = payload
    }

    var testDescription: String { "\(method.descriptor.name), \(field)" }
  }

  private static let acme = Encoding.field(1, "acme")
  private static let dashboard = acme + Encoding.field(2, "dashboard")

  private static let ids: [Misplaced] = [
    Misplaced(.directoryServiceGetOrganization, "organization_id") { Encoding.field(1, $0) },
    Misplaced(.directoryServiceCreateOrganization, "organization_id") {
      Encoding.field(1, $0) + Encoding.field(3, "alice")
    },
    Misplaced(.directoryServiceGetUser, "user_id") { acme + Encoding.field(2, $0) },
    Misplaced(.directoryServiceInviteUser, "user_id") { acme + Encoding.field(2, $0) },
    Misplaced(.directoryServiceGetTeam, "team_id") { acme + Encoding.field(2, $0) },
    Misplaced(.directoryServiceGetResource, "resource_id") { dashboard + Encoding.field(3, $0) },
    Misplaced(.directoryServicePutResource, "resource_id") { dashboard + Encoding.field(3, $0) },
    Misplaced(.directoryServiceSetWriter, "writer.user_id") {
      dashboard + Encoding.field(3, "one") + Encoding.field(4, Encoding.field(1, $0))
    },
    Misplaced(.tokenServiceGetToken, "token_id") { Encoding.field(1, $0) },
    Misplaced(.tokenServiceRevokeToken, "token_id") { Encoding.field(2, $0) },
    Misplaced(.tokenServiceIssueToken, "user_id") { acme + Encoding.field(2, $0) },
    Misplaced(.tokenServiceListTokens, "organization_id") { Encoding.field(1, $0) },
    Misplaced(.permissionServiceCheck, "user.user_id") {
      Encoding.field(2, "team.create") + Encoding.field(4, acme + Encoding.field(2, $0))
    },
    Misplaced(.auditServiceListEvents, "user_id") { acme + Encoding.field(2, $0) },
  ]

  private static let texts: [Misplaced] = [
    Misplaced(.directoryServiceInviteUser, "display_name") {
      acme + Encoding.field(2, "zoe") + Encoding.field(3, "Zoe \($0)")
    },
    Misplaced(.tokenServiceIssueToken, "description") {
      acme + Encoding.field(2, "alice") + Encoding.field(4, "for \($0)")
    },
  ]

  @Test(arguments: PeerKind.allCases) func isRefusedAndNotRepeated(kind: PeerKind) throws {
    let world = try World()
    let secret = try SecretIssuer(world.daemon, SecretTrail()).issue("misplaced")
    let peer = try kind.connect(world.daemon)
    var stream: UInt32 = 1
    for use in Self.ids + Self.texts {
      let call = WireCall(
        service: use.method.descriptor.service, method: use.method.descriptor.name,
        payload: use.payload(secret))
      let outcome = try peer.answer(to: call, use.method.descriptor, stream).outcome
      #expect(outcome.code == 3, "\(use.testDescription): \(outcome)")
      #expect(outcome.metadata["field"] == use.field, "\(use.testDescription): \(outcome)")
      #expect(!"\(outcome)".contains(secret.suffix(33)), "\(use.testDescription)")
      stream += 2
    }
  }
}
