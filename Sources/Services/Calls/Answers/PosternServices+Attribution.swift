internal import Ledger
internal import Messages

extension PosternServices {
  /// Writes the actor of a revision's change, as the log has it.
  func writeAttribution<State: LedgerState & ~Copyable>(
    of revision: UInt64, from state: borrowing State,
    into attribution: PosternV1.Attribution.Builder
  ) {
    let arena = Arena(initialBytes: 2 << 10, limits: DecodeLimits(bytes: 1 << 20))
    guard let encoded = state.entry(at: revision),
      let entry = try? PosternStorageV1.Entry(decoding: encoded, in: arena)
    else { return }
    writeAttribution(of: entry, into: attribution)
  }
}
