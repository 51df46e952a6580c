internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC
internal import Tokens

extension PosternServices {
  // For whoever may read it (`usage.read`), and a user about itself.
  func getUsage(
    _ request: PosternV1.GetUsageRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.GetUsageResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    if !request.userID.isEmpty { _ = try Fields.userID(request.userID) }
    let token = request.tokenID.isEmpty ? nil : try Fields.tokenID(request.tokenID)
    var scan = UsageScan(
      try UsageFilter(request),
      try page(
        of: .auditServiceGetUsage, request, size: request.pageSize, token: request.pageToken,
        snapshot))
    let caller = try authenticate(call, snapshot)
    if !caller.isOperator, !caller.isUser(request.userID, of: organization.bytes) {
      try authorize(caller, "usage.read", Target(organization.bytes), snapshot)
    }
    try requireOrganization(organization.bytes, snapshot)
    scan.horizon = horizon(caller, "usage.read", organization.bytes, snapshot)

    let position = UsagePosition(scan.page.start)
    var isFull = false
    // First the rest of the token that the page before ended in.
    if let first = token ?? position.id, let record = snapshot.token(first),
      record.organizationID.isEqual(to: organization.bytes),
      request.userID.isEmpty || record.userID.isEqual(to: request.userID)
    {
      let place = token == nil ? position.token : Array(copying: first.bytes.span)
      isFull = !scan.read(record, at: place, after: position.row.span, snapshot, into: response)
    }
    if token == nil, !isFull {
      snapshot.forEachToken(
        organization.bytes, user: request.userID, after: position.token.span
      ) { place, id in
        let place = Array(copying: place)
        guard scan.reaches(place) else { return false }
        guard let record = snapshot.token(id) else { return true }
        return scan.read(record, at: place, after: Span(), snapshot, into: response)
      }
    }
    response.setNextPageToken(scan.page.nextToken.span)
  }
}
