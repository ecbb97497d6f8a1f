using System.Buffers;
using System.Text;
using Penstock.KeyValue.Protocol;

namespace Penstock.Simulation.Tests.Fuzz;

/// <summary>
/// The parser of Redis commands, fed as its handler feeds it: what is not whole is kept and shown again.
/// </summary>
internal sealed class RespFuzz() : FuzzTarget("resp")
{
    private const int MaxKeptBytes = (64 * 1024) + (8 * (MaxFrameBytes + 32));

    private static readonly RespLimits Limits = new(MaxArguments: 8, MaxBulkBytes: MaxFrameBytes);

    public override string Feed(byte[] input, int pieceBytes)
    {
        var log = new StringBuilder();
        var arguments = new RespArguments();
        int start = 0;
        for (int end = Math.Min(pieceBytes, input.Length); ; end = Math.Min(end + pieceBytes, input.Length))
        {
            OperationStatus status;
            string? error;
            while (true)
            {
                ReadOnlySpan<byte> unread = input.AsSpan(start, end - start);
                status = RespParser.Parse(unread, arguments, Limits, out error);
                if (status != OperationStatus.Done)
                    break;
                start += Take(unread, arguments, log);
            }

            if (status == OperationStatus.InvalidData)
                return log.Append(error).ToString();
            InvariantException.Require(end - start <= MaxKeptBytes, $"{end - start} bytes were kept");
            if (end == input.Length)
                return log.Append("open").ToString();
        }
    }

    private static int Take(ReadOnlySpan<byte> input, RespArguments arguments, StringBuilder log)
    {
        int length = arguments.Position;
        InvariantException.Require(
            length > 0 && length <= input.Length, $"a command of {length} bytes in {input.Length}");
        for (int i = 0; i < arguments.Count; i++)
        {
            (int from, int count) = arguments[i];
            log.Append(Convert.ToHexString((arguments.Inline ?? input).Slice(from, count))).Append(' ');
        }

        log.Append(';');
        arguments.Reset();
        return length;
    }
}
