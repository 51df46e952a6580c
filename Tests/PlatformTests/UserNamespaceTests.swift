internal import Platform
internal import Testing

@Suite struct UserNamespaceTests {
  @Test func noUserIsAStrangerWhereAllAreMapped() {
    let all = "         0          0 4294967295\n"
    let namespace = UserNamespace(
      userMap: all, overflowUserID: "65534\n", groupMap: all, overflowGroupID: "65534\n")
    #expect(namespace.strangerUserID == nil)
    #expect(namespace.strangerGroupID == nil)
  }

  @Test(arguments: [
    nil, "", "0 0 1\n", "0 1000 1\n1 100000 65536\n", "0 100000 4294967294\n",
    "1 0 4294967295\n", "0 0 65536\n65536 65536 4294901759\n", "a b c\n",
  ])
  func theOverflowIDIsAStranger(_ map: String?) {
    let namespace = UserNamespace(
      userMap: map, overflowUserID: "65533\n", groupMap: map, overflowGroupID: nil)
    #expect(namespace.strangerUserID == 65533)
    #expect(namespace.strangerGroupID == 65534)
  }
}
