internal import Glibc
internal import Platform
internal import Testing

@Suite struct AccountNameTests {
  @Test func rootIsNumberZero() throws {
    #expect(try AccountName.userID("root") == 0)
    #expect(try AccountName.groupID("root") == 0)
  }

  /// C would take the one with the NUL for root.
  @Test(arguments: ["no-such-name", "root\0x", "", "0"])
  func tellsThatThereIsNoSuchName(name: String) {
    #expect(throws: AccountNameError(kind: .user, name: name, error: nil)) {
      try AccountName.userID(name)
    }
    #expect(throws: AccountNameError(kind: .group, name: name, error: nil)) {
      try AccountName.groupID(name)
    }
  }

  @Test func itsTextNamesTheName() {
    #expect(
      AccountNameError(kind: .group, name: "wheel", error: nil).description
        == "this machine has no group `wheel`")
    #expect(
      AccountNameError(kind: .user, name: "ada", error: .tooManyDescriptors).description
        == "the user `ada` can't be looked up: Too many open files (EMFILE)")
  }
}
