internal import Ledger
internal import Messages
internal import Tokens

extension PosternServices {
  /// Writes who made the change of a revision, as the log has it.
  func write<State: LedgerState & ~Copyable>(
    attributionOf revision: UInt64, _ state: borrowing State,
    into attribution: PosternV1.Attribution.Builder
  ) {
    let arena = Arena(initialBytes: 2 << 10, limits: DecodeLimits(bytes: 1 << 20))
    guard let encoded = state.entry(at: revision),
      let entry = try? PosternStorageV1.Entry(decoding: encoded, in: arena)
    else { return }
    attribution.setRevision(revision)
    attribution.makeTime().set(nanoseconds: entry.timeNanoseconds)
    guard let actor = entry.actor else { return }
    attribution.setUserID(actor.userID)
    attribution.setOrganizationID(actor.organizationID)
    if let id = TokenID(bytes: actor.tokenID) { attribution.setTokenID(id.description) }
    attribution.setUid(actor.uid)
    attribution.setGid(actor.gid)
    attribution.setPid(actor.pid)
  }
}
