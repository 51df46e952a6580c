internal import Fleet
internal import Services
internal import Testing

/// What a host remembers of its fleet.
@Suite struct FleetKnowledgeTests {
  private static let second: Int64 = 1_000_000_000

  private static func row(_ number: UInt64, host: String, seq: UInt64) -> MemberRow {
    MemberRow(
      instance: InstanceID(high: 0, low: number), host: host, seq: seq, term: 1, applied: .empty,
      format: 1)
  }

  private static var fleet: FleetRow {
    FleetRow(
      id: InstanceID(high: 1, low: 1), epoch: 1, term: 1, format: 1,
      leaseNanoseconds: 16 * second, isReady: true)
  }

  @Test func aMemberThatDoesNotCountUpDoesNotRenew() {
    var knowledge = FleetKnowledge()
    knowledge.fleet = Self.fleet
    knowledge.note(
      [Self.row(1, host: "a", seq: 1), Self.row(2, host: "b", seq: 1)], atNanoseconds: 0)
    knowledge.note(
      [Self.row(1, host: "a", seq: 1), Self.row(2, host: "b", seq: 2)], atNanoseconds: 5)
    #expect(knowledge.members.map(\.renewedNanoseconds) == [0, 5])
    // The lease, an eighth of it, and two seconds.
    let (dead, alive) = (knowledge.members[0], knowledge.members[1])
    #expect(knowledge.mayAnswer(dead, atNanoseconds: 20 * Self.second - 1))
    #expect(!knowledge.mayAnswer(dead, atNanoseconds: 20 * Self.second))
    #expect(knowledge.mayAnswer(alive, atNanoseconds: 20 * Self.second))
    // One that comes back under the same instance counts from then on.
    knowledge.note([Self.row(1, host: "a", seq: 1 << 32)], atNanoseconds: 7)
    #expect(knowledge.members.map(\.renewedNanoseconds) == [7])
  }

  private static func report(_ number: UInt64, seq: UInt64, head: UInt64) -> HeadReport {
    HeadReport(
      instance: InstanceID(high: 0, low: number), host: "h", seq: seq, term: 1,
      head: LogPosition(revision: head, hash: LogHash()), trouble: .forgot)
  }

  /// A row that is seen for the first time may be old.
  @Test func aMemberThatMovesIsHeard() {
    var knowledge = FleetKnowledge()
    knowledge.fleet = Self.fleet
    let rows = [Self.row(1, host: "a", seq: 1), Self.row(2, host: "b", seq: 1)]
    knowledge.note(rows, atNanoseconds: 1)
    #expect(knowledge.knowsMembers && knowledge.voices.allSatisfy(\.voice.isHeard))
    knowledge.noteTrouble(of: .impaired(.forgot(.empty)), atNanoseconds: 5)
    knowledge.noteTrouble(of: .impaired(.away("")), atNanoseconds: 6)
    knowledge.noteTrouble(of: .impaired(.repairing), atNanoseconds: 7)
    #expect(knowledge.troubleNanoseconds == 5)
    // The row of one is lost with what the database has forgotten: it may still answer.
    knowledge.note([rows[1]], [Self.report(2, seq: 4, head: 8)], atNanoseconds: 8)
    #expect(knowledge.voices.map(\.voice.isHeard) == [false, false])
    #expect(knowledge.voices.map(\.voice.head.revision) == [0, 8])
    knowledge.note(
      [Self.row(2, host: "b", seq: 1)], [Self.report(2, seq: 5, head: 9)], atNanoseconds: 9)
    #expect(knowledge.voices.map(\.voice.isHeard) == [false, true])
    knowledge.note([Self.row(1, host: "a", seq: 2)], [], atNanoseconds: 10)
    #expect(knowledge.voices.first?.voice.isHeard == true)
    knowledge.noteTrouble(of: .following, atNanoseconds: 11)
    #expect(knowledge.troubleNanoseconds == nil && knowledge.reports.isEmpty)
  }

  /// By its row, or by its report where that is all there is.
  @Test func aGoneMemberIsForgotten() {
    var knowledge = FleetKnowledge()
    knowledge.fleet = Self.fleet
    knowledge.note(
      [Self.row(1, host: "a", seq: 1)], [Self.report(2, seq: 1, head: 8)], atNanoseconds: 0)
    func isGone(_ number: UInt64, at seconds: Int64) -> Bool {
      knowledge.goneMember(
        InstanceID(high: 0, low: number), atNanoseconds: seconds * Self.second) != nil
    }
    for number in [1, 2] as [UInt64] {
      #expect(!isGone(number, at: 19) && isGone(number, at: 20))
    }
    #expect(!isGone(3, at: 20))
  }

  @Test func listsByHost() {
    var knowledge = FleetKnowledge()
    knowledge.note(
      [
        Self.row(3, host: "b", seq: 1), Self.row(2, host: "a", seq: 1),
        Self.row(1, host: "b", seq: 1),
      ],
      atNanoseconds: 0)
    #expect(knowledge.members.map(\.row.instance.low) == [2, 1, 3])
  }

  @Test func onlyAnotherConditionIsNews() {
    var knowledge = FleetKnowledge()
    let news1 = knowledge.begin(.joining, atNanoseconds: 1)
    #expect(news1)
    let news2 = knowledge.begin(.catchingUp(5), atNanoseconds: 2)
    #expect(news2)
    let news3 = knowledge.begin(.catchingUp(3), atNanoseconds: 3)
    #expect(!news3)
    #expect(knowledge.sinceNanoseconds == 2)
    let news4 = knowledge.begin(.impaired(.away("x")), atNanoseconds: 4)
    #expect(news4)
    let news5 = knowledge.begin(.impaired(.away("y")), atNanoseconds: 5)
    #expect(!news5)
    #expect(knowledge.condition == .impaired(.away("y")))
    let news6 = knowledge.begin(.impaired(.notReady), atNanoseconds: 6)
    #expect(news6)
    #expect(knowledge.sinceNanoseconds == 6)
  }

  @Test func knowsItsLag() {
    var knowledge = FleetKnowledge()
    #expect(knowledge.lag(behind: 7) == 0)
    knowledge.headRevision = 9
    #expect(knowledge.lag(behind: 7) == 2)
    #expect(knowledge.lag(behind: 10) == 0)
  }
}
