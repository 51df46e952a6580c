internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

extension PosternServices {
  /// Writes the denied attempts of a summary that a filter selects.
  func writeDenials(
    _ recorded: PosternStorageV1.DenialsRecorded, for filter: EventFilter,
    into event: PosternV1.Event.Builder
  ) {
    var total: UInt64 = 0
    for index in 0..<recorded.denialsCount {
      let stored = recorded.denials(at: index)
      guard filter.matches(stored) else { continue }
      total &+= stored.count
      let denial = event.addDenials()
      denial.setOrganizationID(stored.organizationID)
      denial.setUserID(stored.userID)
      if let id = TokenID(bytes: stored.tokenID) { denial.setTokenID(id.description) }
      denial.setUid(stored.uid)
      denial.setMethod(stored.method)
      denial.setStatus(StatusCode(rawValue: stored.statusCode)?.name ?? "UNKNOWN")
      denial.setCount(stored.count)
      denial.makeFirstAt().set(nanoseconds: stored.firstNanoseconds)
      denial.makeLastAt().set(nanoseconds: stored.lastNanoseconds)
    }
    if filter.selectsEverybody {
      event.setFurtherDenialCount(recorded.furtherCount)
      total &+= recorded.furtherCount
    }
    event.setMessage(
      total == 1
        ? "1 attempt to change something was denied"
        : "\(total) attempts to change something were denied")
  }
}
