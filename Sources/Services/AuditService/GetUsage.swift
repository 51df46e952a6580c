internal import Directory
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
      try UsageFilter(request), size: try Fields.pageSize(request.pageSize, limits))
    let position = try UsagePosition(request.pageToken)
    let caller = try authenticate(call, snapshot)
    if !caller.isOperator, !caller.isUser(request.userID, of: organization.bytes) {
      try authorize(caller, "usage.read", Target(organization.bytes), snapshot)
    }
    try requireOrganization(organization.bytes, snapshot)

    // First the rest of the token that the page before ended in.
    if let first = token ?? position.id, let record = snapshot.token(first),
      record.organizationID.isEqual(to: organization.bytes),
      request.userID.isEmpty || record.userID.isEqual(to: request.userID)
    {
      let after = first == position.id ? position.row.span : Span()
      if !scan.read(record, after: after, snapshot, into: response) {
        return response.setNextPageToken(scan.next)
      }
    }
    guard token == nil else { return }
    snapshot.forEachToken(
      organization.bytes, user: request.userID, afterUser: position.owner, after: position.id
    ) { _, id in
      guard let record = snapshot.token(id) else { return true }
      return scan.read(record, after: Span(), snapshot, into: response)
    }
    response.setNextPageToken(scan.next)
  }
}
