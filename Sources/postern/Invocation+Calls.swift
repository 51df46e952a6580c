internal import Messages
internal import PosternClient

/// The three forms that most commands have: show one thing, change one thing, list many.
///
/// Each takes a method of the client, such as `PosternClient.getTeam`, and a closure that fills in
/// its request.
extension Invocation {
  /// A method that takes one request and gives one answer.
  typealias Method<
    Request: MessageBuilder & ~Escapable, Response: MessageView & ~Escapable
  > = (PosternClient) -> ((Request) -> Void) throws(ClientError) -> Reply<Response>

  /// Makes one call and prints its answer: as JSON, or as the text that `describe` returns.
  func show<Request: MessageBuilder & ~Escapable, Response: MessageView & ~Escapable>(
    _ method: Method<Request, Response>, over client: PosternClient? = nil,
    _ fill: (Request) -> Void, as describe: (Response) -> String
  ) throws(Failure) -> ExitCode {
    let reply = try ask(over: client) { (client) throws(ClientError) in try method(client)(fill) }
    try answer(reply.message, describe)
    return .success
  }

  /// Makes one call that changes something, and prints what was done, with the revision.
  func change<Request: MessageBuilder & ~Escapable, Response: ChangeResponse & ~Escapable>(
    _ method: Method<Request, Response>, over client: PosternClient? = nil, done sentence: String,
    _ fill: (Request) -> Void
  ) throws(Failure) -> ExitCode {
    try show(method, over: client, fill) { "\(sentence) (revision \($0.revision))" }
  }

  /// Calls a method for each page of a list, from the first to the last. JSON is printed page by
  /// page; as text, `add` puts each page's rows into one table. If there are none, `nothing` is
  /// printed to standard error.
  func list<Request: PageRequest & ~Escapable, Response: PageResponse & ~Escapable>(
    _ method: Method<Request, Response>, columns: [String], nothing: String,
    _ fill: (Request) -> Void, rows add: (Response, inout TextTable) -> Void
  ) throws(Failure) -> ExitCode {
    let client = try connect()
    var table = TextTable(columns)
    try forEachPage(method, over: client, fill) { (page) throws(Failure) in
      if output == .json { try print(page.jsonText) } else { add(page, &table) }
      return true
    }
    guard output == .text else { return .success }
    if table.isEmpty { remark(nothing) } else { try print(table.text) }
    return .success
  }

  /// Calls a method for each page of a list until the last, or until `body` returns false.
  func forEachPage<Request: PageRequest & ~Escapable, Response: PageResponse & ~Escapable>(
    _ method: Method<Request, Response>, over client: PosternClient, pageSize: Int32 = 500,
    _ fill: (Request) -> Void, _ body: (Response) throws(Failure) -> Bool
  ) throws(Failure) {
    var token: [UInt8] = []
    repeat {
      let reply = try ask(over: client) { (client) throws(ClientError) in
        try method(client)({ request in
          fill(request)
          request.setPageSize(pageSize)
          request.setPageToken(token.span)
        })
      }
      guard try body(reply.message) else { return }
      token = [UInt8](copying: reply.message.nextPageToken)
    } while !token.isEmpty
  }
}

/// The answer to a call that changes something.
protocol ChangeResponse: MessageView, ~Escapable {
  /// The revision of the change.
  var revision: UInt64 { get }
}

/// A request for a page of a list (AIP-158).
protocol PageRequest: MessageBuilder, ~Escapable {
  func setPageSize(_ value: Int32)
  func setPageToken(_ bytes: Span<UInt8>)
}

/// A page of a list (AIP-158).
protocol PageResponse: MessageView, ~Escapable {
  /// Where the next page begins; empty after the last.
  var nextPageToken: Span<UInt8> {
    @_lifetime(copy self)
    get
  }
}

extension PosternV1.AddTeamMemberResponse: ChangeResponse {}
extension PosternV1.CreateOrganizationResponse: ChangeResponse {}
extension PosternV1.CreateTeamResponse: ChangeResponse {}
extension PosternV1.DeleteOrganizationResponse: ChangeResponse {}
extension PosternV1.DeleteResourceResponse: ChangeResponse {}
extension PosternV1.DeleteTeamResponse: ChangeResponse {}
extension PosternV1.DeleteUserResponse: ChangeResponse {}
extension PosternV1.InviteUserResponse: ChangeResponse {}
extension PosternV1.InviteUsersResponse: ChangeResponse {}
extension PosternV1.PutResourceResponse: ChangeResponse {}
extension PosternV1.RemoveTeamMemberResponse: ChangeResponse {}
extension PosternV1.RemoveWriterResponse: ChangeResponse {}
extension PosternV1.RevokeTokenResponse: ChangeResponse {}
extension PosternV1.SetAdministratorResponse: ChangeResponse {}
extension PosternV1.SetUserRolesResponse: ChangeResponse {}
extension PosternV1.SetWriterResponse: ChangeResponse {}
extension PosternV1.UpdateTeamResponse: ChangeResponse {}

extension PosternV1.GetUsageRequest.Builder: PageRequest {}
extension PosternV1.GetUsageResponse: PageResponse {}
extension PosternV1.ListOrganizationsRequest.Builder: PageRequest {}
extension PosternV1.ListOrganizationsResponse: PageResponse {}
extension PosternV1.ListResourcesRequest.Builder: PageRequest {}
extension PosternV1.ListResourcesResponse: PageResponse {}
extension PosternV1.ListTeamMembersRequest.Builder: PageRequest {}
extension PosternV1.ListTeamMembersResponse: PageResponse {}
extension PosternV1.ListTeamsRequest.Builder: PageRequest {}
extension PosternV1.ListTeamsResponse: PageResponse {}
extension PosternV1.ListTokensRequest.Builder: PageRequest {}
extension PosternV1.ListTokensResponse: PageResponse {}
extension PosternV1.ListUsersRequest.Builder: PageRequest {}
extension PosternV1.ListUsersResponse: PageResponse {}
extension PosternV1.ListWritersRequest.Builder: PageRequest {}
extension PosternV1.ListWritersResponse: PageResponse {}
