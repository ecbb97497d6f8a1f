namespace Penstock.Http.Parsing;

/// <summary>Where a view lies in its request's memory, which can move.</summary>
internal readonly record struct ByteRange(int Start, int Length);
