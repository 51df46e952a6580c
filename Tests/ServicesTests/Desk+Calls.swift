internal import Identifiers
internal import Ledger
internal import Messages
internal import Services

extension Desk {
  func issueToken(_ user: String, of organization: String = "acme") throws -> String {
    try secret(
      #"{"organization_id":"\#(organization)","user_id":"\#(user)"}"#)
  }

  func issueOrgToken(_ name: String, of organization: String = "acme") throws -> String {
    try secret(
      #"{"organization_id":"\#(organization)","name":"\#(name)","scopes":["TOKEN_SCOPE_API"]}"#)
  }

  private func secret(_ json: String) throws -> String {
    let answer = try command(
      .tokenServiceIssueToken, try Self.encode(PosternV1.IssueTokenRequest.self, json))
    let arena = Arena(initialBytes: 4096)
    let response = try PosternV1.IssueTokenResponse(decoding: answer.span, in: arena)
    return String(decoding: Array(copying: response.secret), as: UTF8.self)
  }

  func revoke(_ secret: String) throws {
    try command(
      .tokenServiceRevokeToken,
      try Self.encode(PosternV1.RevokeTokenRequest.self, #"{"secret":"\#(secret)"}"#))
  }

  /// Switches an org token off.
  func disable(_ secret: String) throws {
    let arena = Arena(initialBytes: 4096)
    let request = PosternV1.UpdateOrgTokenRequest.Builder(in: arena)
    request.setTokenID(Array(secret.utf8).span.extracting(6..<28))
    request.makeUpdateMask().addPaths("disabled")
    request.setDisabled(true)
    var buffer = ByteBuffer()
    request.encode(into: &buffer)
    try command(.tokenServiceUpdateOrgToken, Array(copying: buffer.bytes))
  }

  func isActive(_ secret: String) throws -> Bool {
    let answer = try query(
      .tokenServiceValidateToken,
      try Self.encode(PosternV1.ValidateTokenRequest.self, #"{"secret":"\#(secret)"}"#))
    let arena = Arena(initialBytes: 4096)
    return try PosternV1.ValidateTokenResponse(decoding: answer.span, in: arena).active
  }

  func deleteOrganization(_ id: String, meanwhile: () throws -> Void = {}) throws {
    try command(
      .directoryServiceDeleteOrganization,
      try Self.encode(PosternV1.DeleteOrganizationRequest.self, #"{"organization_id":"\#(id)"}"#),
      meanwhile: meanwhile)
  }

  func deleteUser(_ id: String, meanwhile: () throws -> Void = {}) throws {
    try command(
      .directoryServiceDeleteUser,
      try Self.encode(
        PosternV1.DeleteUserRequest.self, #"{"organization_id":"acme","user_id":"\#(id)"}"#),
      meanwhile: meanwhile)
  }

  /// Revokes the tokens that were issued before now, whatever the organization.
  func revokeAllTokens() throws {
    let request = try Self.encode(
      PosternV1.RevokeTokensRequest.self, #"{"issued_before":"2100-01-01T00:00:00Z"}"#)
    _ = try run(.tokenServiceRevokeTokens, try open(.tokenServiceRevokeTokens, request))
  }

  /// The id of a new token.
  func issueTokenID(_ user: String, of organization: String = "acme") throws -> String {
    let answer = try command(
      .tokenServiceIssueToken,
      try Self.encode(
        PosternV1.IssueTokenRequest.self,
        #"{"organization_id":"\#(organization)","user_id":"\#(user)"}"#))
    let arena = Arena(initialBytes: 4096)
    let response = try PosternV1.IssueTokenResponse(decoding: answer.span, in: arena)
    guard let token = response.token else { return "" }
    return String(decoding: Array(copying: token.id), as: UTF8.self)
  }

  /// The kinds of the events of one token, or of one organization.
  func kinds(ofToken token: String = "", of organization: String = "") throws -> [String] {
    let request = try Self.encode(
      PosternV1.ListEventsRequest.self,
      #"{"token_id":"\#(token)","organization_id":"\#(organization)"}"#)
    let call = try open(.auditServiceListEvents, request)
    var kinds: [String] = []
    for message in try run(.auditServiceListEvents, call) { kinds += try Self.kinds(message) }
    return kinds
  }

  private static func kinds(_ message: [UInt8]) throws -> [String] {
    let arena = Arena(initialBytes: 4096)
    let response = try PosternV1.ListEventsResponse(decoding: message.span, in: arena)
    return (0..<response.eventsCount).map { response.events(at: $0).kind.name ?? "" }
  }

  func deleteTeam(_ id: String) throws {
    try command(
      .directoryServiceDeleteTeam,
      try Self.encode(
        PosternV1.DeleteTeamRequest.self, #"{"organization_id":"acme","team_id":"\#(id)"}"#))
  }

  func openExport(_ organization: String) throws -> any StreamingCall {
    try open(
      .directoryServiceExport,
      try Self.encode(PosternV1.ExportRequest.self, #"{"organization_id":"\#(organization)"}"#))
  }

  /// How many rows of each table whose keys begin with an organization belong to this one.
  func rowCounts(of organization: String) throws -> [String: Int] {
    let snapshot = try snapshot()
    var counts: [String: Int] = [:]
    for (name, table) in snapshot.tables.all {
      counts[name] = snapshot.countRows(
        table, of: OrganizationID(stored: organization.utf8Span.span), limit: 1000)
    }
    return counts
  }

  private static func encode<Message: MessageView & ~Escapable>(
    _ type: Message.Type, _ json: String
  ) throws -> [UInt8] {
    var encoded = ByteBuffer()
    try Message.encode(json: json.utf8Span.span, into: &encoded)
    return Array(copying: encoded.bytes)
  }
}
