internal import Server
internal import Testing

@Suite struct BufferBudgetTests {
  @Test func nobodyHasToGoWithinTheLimit() {
    var budget = BufferBudget(limit: 100)
    budget.account(1, 1000, 60)
    budget.account(2, 1001, 40)
    #expect(budget.total == 100)
    #expect(budget.victim == nil)
    budget.account(2, 1001, 0)
    budget.account(1, 1000, 100)
    #expect(budget.victim == nil)
  }

  @Test func theLargestOfTheGreediestUserGoes() {
    var budget = BufferBudget(limit: 100)
    // One connection of 50 is less than three that hold 20 each.
    budget.account(1, 1000, 50)
    for (connection, bytes) in [(2, 20), (3, 22), (4, 20)] as [(UInt64, Int)] {
      budget.account(connection, 1001, bytes)
    }
    #expect(budget.victim == 3)
    budget.account(3, 1001, 0)
    #expect(budget.total == 90)
    #expect(budget.victim == nil)
    budget.account(1, 1000, 70)
    #expect(budget.victim == 1)
  }
}
