/// Why the path of a request is refused before any route is looked for.
package enum PathProblem: Error, Sendable, Hashable, CaseIterable {
  case notAbsolute
  case tooLong
  /// `//`, or a `/` at the end.
  case emptySegment
  case dotSegment
  /// A character that a path can't hold as it is, or that servers read differently.
  case forbiddenCharacter
  /// A `%` without two hexadecimal digits.
  case brokenEscape
  /// An escape of a character that servers read differently, such as `/`, `\`, `;`, `%` or NUL.
  case forbiddenEscape
  /// An escape of a character that needs none.
  case needlessEscape
  case notUTF8

  /// What is wrong, in words; never a part of the path.
  package var message: String {
    switch self {
    case .notAbsolute: "the path does not begin with `/`"
    case .tooLong: "the path has more than \(RequestPath.maximumBytes) bytes"
    case .emptySegment: "the path has an empty segment, or a `/` at its end"
    case .dotSegment: "the path has a segment `.` or `..`"
    case .forbiddenCharacter: "the path has a character that must not stand in it"
    case .brokenEscape: "the path has a `%` without two hexadecimal digits"
    case .forbiddenEscape: "the path has an escape that servers read differently"
    case .needlessEscape: "the path has an escape of a character that needs none"
    case .notUTF8: "the path is not UTF-8"
    }
  }
}
