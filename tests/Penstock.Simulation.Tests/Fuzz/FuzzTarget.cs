using System.Buffers;
using Penstock.Framing;

namespace Penstock.Simulation.Tests.Fuzz;

/// <summary>A decoder under fuzz: what it must never do, whatever the input.</summary>
internal abstract class FuzzTarget(string name)
{
    public const int MaxFrameBytes = 64;

    /// <summary>Also the name of its corpus.</summary>
    public string Name => name;

    public static FuzzTarget Of<TDecoder>(string name, Func<TDecoder> create)
        where TDecoder : struct, IFrameDecoder => new Target<TDecoder>(name, create);

    /// <summary>Feeds the input in pieces of so many bytes and returns what came of it, for comparison.</summary>
    public abstract string Feed(byte[] input, int pieceBytes);

    private sealed class Target<TDecoder>(string name, Func<TDecoder> create) : FuzzTarget(name)
        where TDecoder : struct, IFrameDecoder
    {
        public override string Feed(byte[] input, int pieceBytes)
        {
            TDecoder decoder = create();
            var log = new System.Text.StringBuilder();
            int start = 0;
            for (int end = Math.Min(pieceBytes, input.Length); ; end = Math.Min(end + pieceBytes, input.Length))
            {
                OperationStatus status = Decode(ref decoder, input, ref start, end, log);
                if (status != OperationStatus.NeedMoreData)
                    return log.Append(status).ToString();
                if (end == input.Length)
                    return log.Append("open").ToString();
            }
        }

        private static OperationStatus Decode(
            ref TDecoder decoder, byte[] input, ref int start, int end, System.Text.StringBuilder log)
        {
            while (true)
            {
                ReadOnlySpan<byte> unread = input.AsSpan(start, end - start);
                OperationStatus status = decoder.Decode(
                    unread, MaxFrameBytes, out ReadOnlySpan<byte> payload, out int consumed);
                Check(unread, status, payload, consumed);
                if (status != OperationStatus.Done)
                    return status;
                log.Append(Convert.ToHexString(payload)).Append(';');
                start += consumed;
            }
        }

        private static void Check(
            ReadOnlySpan<byte> unread, OperationStatus status, ReadOnlySpan<byte> payload, int consumed)
        {
            const int mostFraming = 32;
            bool done = status == OperationStatus.Done;
            InvariantException.Require(
                done ? consumed > 0 && consumed <= unread.Length : consumed == 0,
                $"{status} consumed {consumed}");
            InvariantException.Require(
                payload.Length <= (done ? MaxFrameBytes : 0),
                $"{status} with a payload of {payload.Length}");
            InvariantException.Require(
                status != OperationStatus.NeedMoreData || unread.Length <= MaxFrameBytes + mostFraming,
                $"{unread.Length} bytes were kept");
        }
    }
}
