internal import TestSupport

/// A random directory, the same for the same seed, as records in an order in which they can be
/// imported.
struct RandomDirectory {
  private(set) var messages: [[String]] = []
  private(set) var recordCount: UInt64 = 0
  private var random: SplitMix64

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    for organization in 0..<(1 + Int(random.next() % 4)) { add("org-\(organization)") }
    recordCount = messages.reduce(0) { $0 + UInt64($1.count) }
  }

  private mutating func add(_ organization: String) {
    let users = (0..<(1 + Int(random.next() % 1200))).map { "u\($0)@example.org" }.shuffled(
      using: &random)
    let teams = (0..<Int(random.next() % 20)).map { "team.\($0)" }
    var records = [
      #"{"organization":{"id":"\#(organization)","display_name":"\#(name())"}}"#,
      user(organization, users[0], isAdministrator: true),
    ]
    for id in users.dropFirst() {
      records.append(user(organization, id, isAdministrator: random.next() % 50 == 0))
    }
    for (index, id) in teams.enumerated() {
      // The first is larger than a record.
      let members = index == 0 ? users : some(of: users, atMost: 40)
      for start in stride(from: 0, through: max(0, members.count - 1), by: 700) {
        let part = members[start..<min(start + 700, members.count)]
        let list = part.map { "\"\($0)\"" }.joined(separator: ",")
        records.append(
          #"{"team":{"organization_id":"\#(organization)","id":"\#(id)","#
            + #""display_name":"\#(index)","member_user_ids":[\#(list)]}}"#)
      }
    }
    for index in 0..<Int(random.next() % 200) {
      let type = ["dashboard", "dashboard_group", "detector"][Int(random.next() % 3)]
      let writers =
        some(of: users, atMost: index == 7 ? 1000 : 5).map { #"{"user_id":"\#($0)"}"# }
        + some(of: teams, atMost: 3).map { #"{"team_id":"\#($0)"}"# }
      records.append(
        #"{"resource":{"organization_id":"\#(organization)","type":"\#(type)","id":"r\#(index)","#
          + #""display_name":"\#(name())","writers":[\#(writers.joined(separator: ","))]}}"#)
    }
    split(records)
  }

  private mutating func user(
    _ organization: String, _ id: String, isAdministrator: Bool
  ) -> String {
    let roles = ["", #""power""#, #""read_only","usage""#][Int(random.next() % 3)]
    return #"{"user":{"organization_id":"\#(organization)","id":"\#(id)","#
      + #""display_name":"\#(name())","administrator":\#(isAdministrator),"roles":[\#(roles)]}}"#
  }

  /// The first two records stay together; messages are small enough for their members.
  private mutating func split(_ records: [String]) {
    var rest = records[...]
    while !rest.isEmpty {
      let count = 2 + Int(random.next() % 4)
      let large = rest.prefix(count).contains { $0.utf8.count > 2000 }
      let taken = large ? 1 : min(rest.count, count * Int(1 + random.next() % 100))
      let small = rest.prefix(taken).prefix { $0.utf8.count < 2000 }.count
      let message = rest.prefix(max(small, 1))
      messages.append(Array(message))
      rest = rest.dropFirst(message.count)
    }
  }

  private mutating func name() -> String {
    ["", "plain", "né", "tab\\there", "quote \\\" and \\\\", "\\u001b[1m", "🙂"][
      Int(random.next() % 7)]
  }

  private mutating func some(of all: [String], atMost limit: Int) -> [String] {
    guard !all.isEmpty else { return [] }
    return Array(
      all.shuffled(using: &random).prefix(Int(random.next() % UInt64(limit + 1))))
  }
}
