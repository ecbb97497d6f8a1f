namespace Penstock.Tests.Framing;

/// <summary>Parses the first frame of <paramref name="stream"/>, all of which is there, in the plainest way.</summary>
internal delegate NaiveFrame NaiveParser(byte[] stream, int maxFrameBytes);
