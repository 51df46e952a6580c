internal import Glibc
internal import Platform
internal import Testing

@Suite struct ErrnoTests {
  @Test func describesItselfByTextAndName() {
    #expect(Errno.noSuchFile.description == "No such file or directory (ENOENT)")
    #expect(Errno(99_999).description == "error 99999")
  }

  @Test func repeatsAnInterruptedCall() throws {
    var calls = 0
    let result = try SystemCall.value { () -> Int32 in
      calls += 1
      errno = calls < 3 ? EINTR : 0
      return calls < 3 ? -1 : 7
    }
    #expect(result == 7)
    #expect(calls == 3)
  }

  @Test func throwsTheNumberOfAFailedCall() {
    #expect(throws: Errno.noSpace) {
      try SystemCall.value { () -> Int in
        errno = ENOSPC
        return -1
      }
    }
  }

  @Test func doesNotRepeatWhereToldSo() {
    var calls = 0
    #expect(throws: Errno.interrupted) {
      try SystemCall.valueOnce { () -> Int32 in
        calls += 1
        errno = EINTR
        return -1
      }
    }
    #expect(calls == 1)
  }
}
