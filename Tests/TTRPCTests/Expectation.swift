internal import Testing

/// `#expect` of two values: the macro would copy what it finds them in, and a session can't be.
func expectEqual<Value: Equatable>(
  _ value: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(value == expected, sourceLocation: sourceLocation)
}
