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

  /// How many tokens of a user, or with an empty `owner` of an organization by itself, are there,
  /// whatever their state: those that ended long ago are removed.
  package func tokenCount(_ organization: Span<UInt8>, owner: Span<UInt8>) -> Int {
    count(Key(tokensOf: owner, organization))
  }

  private func count(_ key: borrowing Key) -> Int {
    guard let row = row(tables.counts, key.bytes) else { return 0 }
    return Int(row.integer(UInt64.self, at: 0))
  }
}
