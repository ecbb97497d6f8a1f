using System.Buffers;
using System.Numerics;
using System.Text;

namespace Penstock.Tests.Framing;

/// <summary>
/// The wire formats written a second time, for clarity alone: big integers, copies, and every position looked at.
/// </summary>
internal static class NaiveParsers
{
    public static NaiveParser LengthPrefix(int width, bool bigEndian, string trailer = "", bool counted = false) =>
        (stream, maxFrameBytes) =>
        {
            if (stream.Length < width)
                return NaiveFrame.None(OperationStatus.NeedMoreData);
            var length = new BigInteger(stream.AsSpan(..width), isUnsigned: true, bigEndian);
            if (counted)
                length -= trailer.Length;
            if (length < 0)
                return NaiveFrame.None(OperationStatus.InvalidData);
            return Cut(stream, width, length, Encoding.ASCII.GetBytes(trailer), maxFrameBytes);
        };

    public static NaiveFrame Varint(byte[] stream, int maxFrameBytes)
    {
        BigInteger length = 0;
        int header = 0;
        bool more = true;
        for (; more && header < stream.Length && header < 5; header++)
        {
            length += new BigInteger(stream[header] % 128) * BigInteger.Pow(128, header);
            more = stream[header] >= 128;
        }
        bool tooLong = length > uint.MaxValue || (more && header == 5);
        if (tooLong || more)
            return NaiveFrame.None(tooLong ? OperationStatus.InvalidData : OperationStatus.NeedMoreData);
        return Cut(stream, header, length, trailer: [], maxFrameBytes);
    }

    /// <summary>
    /// Looks at every position where the delimiter may begin; the end of the stream may hold only its first bytes.
    /// </summary>
    public static NaiveParser Delimiter(string text) => (stream, maxFrameBytes) =>
    {
        byte[] delimiter = Encoding.ASCII.GetBytes(text);
        for (int start = 0; start <= maxFrameBytes && start <= stream.Length; start++)
        {
            byte[] there = [.. stream.Skip(start).Take(delimiter.Length)];
            if (there.SequenceEqual(delimiter))
                return NaiveFrame.Done(stream[..start], start + delimiter.Length);
            if (there.SequenceEqual(delimiter.Take(there.Length)))
                return NaiveFrame.None(OperationStatus.NeedMoreData);
        }
        return NaiveFrame.None(OperationStatus.DestinationTooSmall);
    };

    public static NaiveParser Line(bool requireCarriageReturn) => (stream, maxFrameBytes) =>
    {
        int lineFeed = Array.IndexOf(stream, (byte)'\n');
        int end = lineFeed < 0 ? stream.Length : lineFeed;
        bool hasCarriageReturn = end > 0 && stream[end - 1] == '\r';
        int payload = hasCarriageReturn ? end - 1 : end;
        if (payload > maxFrameBytes)
            return NaiveFrame.None(OperationStatus.DestinationTooSmall);
        if (lineFeed < 0)
            return NaiveFrame.None(OperationStatus.NeedMoreData);
        return requireCarriageReturn && !hasCarriageReturn
            ? NaiveFrame.None(OperationStatus.InvalidData)
            : NaiveFrame.Done(stream[..payload], lineFeed + 1);
    };

    public static NaiveParser FixedSize(int size) => (stream, maxFrameBytes) =>
        Cut(stream, header: 0, size, trailer: [], maxFrameBytes);

    private static NaiveFrame Cut(byte[] stream, int header, BigInteger length, byte[] trailer, int maxFrameBytes)
    {
        if (length > maxFrameBytes)
            return NaiveFrame.None(OperationStatus.DestinationTooSmall);
        if (header + length + trailer.Length > stream.Length)
            return NaiveFrame.None(OperationStatus.NeedMoreData);
        int trailerStart = header + (int)length;
        int end = trailerStart + trailer.Length;
        return stream.AsSpan(trailerStart..end).SequenceEqual(trailer)
            ? NaiveFrame.Done(stream[header..trailerStart], end)
            : NaiveFrame.None(OperationStatus.InvalidData);
    }
}
