extension LedgerState where Self: ~Copyable {
  /// How many members a team has.
  package func memberCount(_ organization: Span<UInt8>, _ team: Span<UInt8>) -> Int {
    count(Key(membersOf: team, organization))
  }

  /// How many teams a user is a member of.
  package func teamCount(_ organization: Span<UInt8>, _ user: Span<UInt8>) -> Int {
    count(Key(teamsOf: user, organization))
  }

  /// How many writers a resource has: users and teams.
  package func writerCount(
    _ organization: Span<UInt8>, _ type: Span<UInt8>, _ resource: Span<UInt8>
  ) -> Int {
    count(Key(writersOf: resource, type, organization))
  }

  private func count(_ key: borrowing Key) -> Int {
    guard let row = row(tables.counts, key.bytes) else { return 0 }
    return Int(row.integer(UInt64.self, at: 0))
  }
}
