internal import Messages
internal import RPC
internal import Services

extension Desk {
  static func encoded<Message: MessageView & ~Escapable>(
    _ type: Message.Type, _ json: String
  ) throws -> [UInt8] {
    var encoded = ByteBuffer()
    try Message.encode(json: json.utf8Span.span, into: &encoded)
    return Array(copying: encoded.bytes)
  }

  /// Lets the writer decide a command of the directory, given in JSON.
  func send(_ method: Method, _ json: String) throws {
    typealias V1 = PosternV1
    let payload =
      switch method {
      case .directoryServiceCreateOrganization:
        try Self.encoded(V1.CreateOrganizationRequest.self, json)
      case .directoryServiceInviteUser: try Self.encoded(V1.InviteUserRequest.self, json)
      case .directoryServiceDeleteUser: try Self.encoded(V1.DeleteUserRequest.self, json)
      case .directoryServiceSetAdministrator:
        try Self.encoded(V1.SetAdministratorRequest.self, json)
      case .directoryServiceSetUserRoles: try Self.encoded(V1.SetUserRolesRequest.self, json)
      case .directoryServiceCreateTeam: try Self.encoded(V1.CreateTeamRequest.self, json)
      case .directoryServiceAddTeamMember: try Self.encoded(V1.AddTeamMemberRequest.self, json)
      case .directoryServiceRemoveTeamMember:
        try Self.encoded(V1.RemoveTeamMemberRequest.self, json)
      case .directoryServicePutResource: try Self.encoded(V1.PutResourceRequest.self, json)
      case .directoryServiceSetWriter: try Self.encoded(V1.SetWriterRequest.self, json)
      case .directoryServiceRemoveWriter: try Self.encoded(V1.RemoveWriterRequest.self, json)
      default: preconditionFailure("no test sends this")
      }
    try command(method, payload)
  }

  /// Issues a token: its secret and its id.
  func issue(_ json: String) throws -> (String, String) {
    let answer = try command(
      .tokenServiceIssueToken, Self.encoded(PosternV1.IssueTokenRequest.self, json))
    let arena = Arena(initialBytes: 4096)
    let response = try PosternV1.IssueTokenResponse(decoding: answer.span, in: arena)
    let secret = String(decoding: Array(copying: response.secret), as: UTF8.self)
    guard let token = response.token else { return (secret, "") }
    return (secret, String(decoding: Array(copying: token.id), as: UTF8.self))
  }

  func setScopes(_ scopes: Set<String>, of tokenID: String) throws {
    var payload = ByteBuffer()
    Self.encodeScopes(scopes, tokenID, into: &payload)
    try command(.tokenServiceUpdateOrgToken, Array(copying: payload.bytes))
  }

  /// A change of the scopes only.
  private static func encodeScopes(
    _ scopes: Set<String>, _ tokenID: String, into payload: inout ByteBuffer
  ) {
    let arena = Arena(initialBytes: 4096)
    let request = PosternV1.UpdateOrgTokenRequest.Builder(in: arena)
    request.setTokenID(tokenID)
    request.makeUpdateMask().addPaths("scopes")
    if scopes.contains("ingest") { request.addScopes(.ingest) }
    if scopes.contains("api") { request.addScopes(.api) }
    if scopes.contains("rum") { request.addScopes(.rum) }
    request.encode(into: &payload)
  }
}
