internal import Server
internal import Testing

@Suite struct BufferBudgetTests {
  @Test func noConnectionIsClosedWithinTheLimit() {
    var budget = BufferBudget(limit: 100)
    budget.setBytes(60, of: 1, user: 1000)
    budget.setBytes(40, of: 2, user: 1001)
    #expect(budget.total == 100)
    #expect(budget.victim == nil)
    budget.setBytes(0, of: 2, user: 1001)
    budget.setBytes(100, of: 1, user: 1000)
    #expect(budget.victim == nil)
  }

  @Test func theLargestOfTheGreediestUserGoes() {
    var budget = BufferBudget(limit: 100)
    // One connection of 50 is less than three that hold 20 each.
    budget.setBytes(50, of: 1, user: 1000)
    for (connection, bytes) in [(2, 20), (3, 22), (4, 20)] as [(UInt64, Int)] {
      budget.setBytes(bytes, of: connection, user: 1001)
    }
    #expect(budget.victim == 3)
    budget.setBytes(0, of: 3, user: 1001)
    #expect(budget.total == 90)
    #expect(budget.victim == nil)
    budget.setBytes(70, of: 1, user: 1000)
    #expect(budget.victim == 1)
  }
}
