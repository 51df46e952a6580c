internal import Server
internal import Testing

/// The configuration file's JSON5, and where it says that something is wrong.
@Suite struct SettingsReaderTests {
  private func read(_ text: String) -> [String] {
    do {
      return try SettingsReader.read(text).map { "\($0.line) \($0.key) \($0.values)" }
    } catch {
      return ["\(error.line):\(error.column) \(error.problem)"]
    }
  }

  @Test func readsWhatJSON5Allows() {
    let text = """
      // a comment
      {
        socket: "/run/a \\"b\\" \\u0041\\x42.sock", /* another
        one */ 'data': '/var/lib/"x"',
        operator_uid: [0, +7, 0x10,],
        "max_connections": -5,
      }
      """
    #expect(
      read(text) == [
        #"3 socket ["/run/a \"b\" AB.sock"]"#, #"4 data ["/var/lib/\"x\""]"#,
        #"5 operator_uid ["0", "7", "16"]"#, #"6 max_connections ["-5"]"#,
      ])
    #expect(read("{}") == [])
    #expect(read("{a:[]}") == ["1 a []"])
  }

  @Test(arguments: [
    ("", "1:1 expected `{`"), ("[]", "1:1 expected `{`"), ("{", "1:2 expected a key or `}`"),
    ("{a}", "1:3 expected `:`"),
    ("{a:", "1:4 expected a string, a whole number, or a list of them"),
    ("{a:1", "1:5 expected `,`"), ("{a:1}x", "1:6 expected nothing behind the last `}`"),
    ("{\n  a: 1,\n  a: 2}", "3:4 the key `a` is given twice"),
    ("{a:\n 'b\n'}", "2:4 expected the end of a string"),
    ("{a:1} /*", "1:9 expected the end of a comment"),
    ("{a:0x1011e+,}", "1:12 expected a string, a whole number, or a list of them"),
    ("{a:1.5}", "1:5 expected `,`"),
    ("{a:010}", "1:7 expected a string, a whole number, or a list of them"),
    ("{a:{}}", "1:4 expected a string, a whole number, or a list of them"),
    ("{a:null}", "1:8 expected a string, a whole number, or a list of them"),
    ("{a:'\\uD800'}", "1:7 expected 4 hexadecimal digits of a character"),
    ("{1a:1}", "1:4 expected a key or `}`"), ("{a:[1 2]}", "1:7 expected `,`"),
  ])
  func saysWhereItStopped(_ text: String, _ refusal: String) {
    #expect(read(text) == [refusal], "\(text)")
  }
}
