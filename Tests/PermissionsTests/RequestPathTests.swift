internal import Permissions
internal import Testing

/// Which paths are read at all. A path with more than one reading must be refused: the server
/// behind may use the other one.
@Suite struct RequestPathTests {
  /// The path that is taken from a target, or why none is.
  private func read(_ target: [UInt8]) -> Result<String, PathProblem> {
    do throws(PathProblem) {
      let path = try RequestPath(target.span).bytes
      return .success(String(decoding: path.indices.map { path[$0] }, as: UTF8.self))
    } catch {
      return .failure(error)
    }
  }

  private func read(_ target: String) -> Result<String, PathProblem> { read(Array(target.utf8)) }

  @Test(arguments: [
    "/", "/v2", "/v2/team/a-b._~", "/v2/team/alice@example.com", "/v2/a:b,c=d&e$f!g'(h)*i+j",
    "/v2/alice%40example.com", "/v2/my%20token", "/v2/gr%C3%B6%c3%9fer", "/v2/%F0%9F%98%80", "/...",
    "/.a", "/..a", "/a.", "/%22%3C%3E%5B%5D%5E%60%7B%7C%7D",
  ])
  func readsWhatHasOneReading(_ path: String) {
    #expect(read(path) == .success(path))
    #expect(read(path + "?") == .success(path))
    #expect(read(path + "?a=/../b//c%2F;#%00%ff?\u{1}") == .success(path))
  }

  @Test(
    arguments: [
      ("", .notAbsolute), ("*", .notAbsolute), ("v2", .notAbsolute), ("?a", .notAbsolute),
      ("http://host/v2", .notAbsolute), ("%2Fv2", .notAbsolute),
      ("//", .emptySegment), ("//v2", .emptySegment), ("/v2//team", .emptySegment),
      ("/v2/", .emptySegment), ("/v2/team/?a=b", .emptySegment), ("/v2///", .emptySegment),
      ("/.", .dotSegment), ("/..", .dotSegment), ("/v2/./team", .dotSegment),
      ("/v2/open/../token", .dotSegment), ("/v2/..?", .dotSegment), ("/v2/../", .dotSegment),
      ("/v2/%2e", .needlessEscape), ("/v2/%2E%2E/token", .needlessEscape),
      ("/v2/.%2e/token", .needlessEscape), ("/v2/%74oken", .needlessEscape),
      ("/v2/%5f", .needlessEscape), ("/v2/%7E", .needlessEscape), ("/v2/%2d", .needlessEscape),
      ("/v2%2ftoken", .forbiddenEscape), ("/v2/a%2Fb", .forbiddenEscape),
      ("/v2/a%5cb", .forbiddenEscape), ("/v2/a%252fb", .forbiddenEscape),
      ("/v2/a%00", .forbiddenEscape), ("/v2/a%0d%0ab", .forbiddenEscape),
      ("/v2/a%1F", .forbiddenEscape), ("/v2/a%7f", .forbiddenEscape),
      ("/v2/a%3Bb", .forbiddenEscape), ("/v2/a%3fb", .forbiddenEscape),
      ("/v2/a%23b", .forbiddenEscape), ("/v2/a%25", .forbiddenEscape),
      ("/v2/%", .brokenEscape), ("/v2/%2", .brokenEscape), ("/v2/%zz", .brokenEscape),
      ("/v2/%2G", .brokenEscape), ("/v2/%%32", .brokenEscape), ("/v2/%+1", .brokenEscape),
      ("/v2/a;b", .forbiddenCharacter), ("/v2/a\\b", .forbiddenCharacter),
      ("/v2/a#b", .forbiddenCharacter), ("/v2/a b", .forbiddenCharacter),
      ("/v2/a\tb", .forbiddenCharacter), ("/v2/a\u{0}b", .forbiddenCharacter),
      ("/v2/a\u{7f}", .forbiddenCharacter), ("/v2/größer", .forbiddenCharacter),
      ("/v2/{id}", .forbiddenCharacter), ("/v2/a|b", .forbiddenCharacter),
      ("/v2/a\"b", .forbiddenCharacter), ("/v2/a<b>", .forbiddenCharacter),
      ("/v2/%ff", .notUTF8), ("/v2/%80", .notUTF8), ("/v2/%C3", .notUTF8),
      ("/v2/%C3a", .notUTF8), ("/v2/%C3/%9F", .notUTF8), ("/v2/%C3?%9F", .notUTF8),
      ("/v2/%C0%AF", .notUTF8), ("/v2/%E0%80%AF", .notUTF8), ("/v2/%ED%A0%80", .notUTF8),
      ("/v2/%F4%90%80%80", .notUTF8), ("/v2/%F5%80%80%80", .notUTF8),
    ] as [(String, PathProblem)])
  func refusesWhatHasMore(_ target: String, _ problem: PathProblem) {
    #expect(read(target) == .failure(problem))
    #expect(!problem.message.contains(target) || target.count < 3)
  }

  @Test func refusesBytesThatAreNoText() {
    for byte in [0x80, 0xc3, 0xff] as [UInt8] {
      #expect(read(Array("/v2/".utf8) + [byte]) == .failure(.forbiddenCharacter))
    }
  }

  @Test func boundsThePathAndNotTheQuery() {
    let longest = "/" + String(repeating: "a", count: RequestPath.maximumBytes - 1)
    #expect(read(longest) == .success(longest))
    #expect(read(longest + "?" + longest) == .success(longest))
    #expect(read(longest + "a") == .failure(.tooLong))
    let escapes = String(repeating: "%40", count: RequestPath.maximumBytes)
    #expect(read("/" + escapes) == .failure(.tooLong))
  }

  /// Every byte, as it is and escaped: at most one of both may stand in a path.
  @Test func noCharacterHasTwoSpellingsInALiteral() {
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in 0...UInt8.max {
      let plain = read([UInt8(ascii: "/"), byte, UInt8(ascii: "a")])
      let escape = [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      let escaped = read([UInt8(ascii: "/")] + escape)
      let character = Character(Unicode.Scalar(byte))
      if character.isASCII, character.isLetter || character.isNumber || "-._~".contains(character) {
        #expect(plain != .failure(.forbiddenCharacter))
        #expect(escaped == .failure(.needlessEscape))
      }
    }
  }
}
