internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  // For the user itself, an administrator of the organization, or an operator.
  func listTokens(
    _ request: PosternV1.ListTokensRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.ListTokensResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let user = try Fields.optionalUserID(request.userID)
    let filter = try TokenFilter(request, at: snapshot.time)
    let caller = try authenticate(call, in: snapshot)
    let target = Target(in: organization, user: user)
    try authorize(caller, "user_token.list", on: target, in: snapshot)
    try requireOrganization(organization, in: snapshot)
    if let user { try requireUser(user, of: organization, in: snapshot) }

    var page = try page(
      of: .tokenServiceListTokens, request, size: request.pageSize, token: request.pageToken,
      snapshot)
    let start = page.start
    let horizon = horizon(of: caller, for: "user_token.list", in: organization, snapshot)
    snapshot.forEachToken(in: organization, user: user, after: start.span) { position, id in
      guard page.reaches(position) else { return false }
      guard let token = snapshot.token(id), token.issuedRevision >= horizon,
        filter.admits(token, snapshot)
      else { return true }
      let item = response.addTokens()
      writeToken(token, from: snapshot, into: item)
      page.add(item)
      return true
    }
    response.setNextPageToken(page.nextToken.span)
  }
}
