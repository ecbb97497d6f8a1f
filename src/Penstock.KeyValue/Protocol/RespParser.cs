using System.Buffers;
using System.Runtime.CompilerServices;

namespace Penstock.KeyValue.Protocol;

/// <summary>
/// Reads commands of the Redis serialization protocol: an array of bulk strings, or a line of words. Specification:
/// redis.io, "Redis serialization protocol specification"; the words of the errors are Redis's.
/// </summary>
internal static class RespParser
{
    /// <summary>The longest line: an inline command, or the number before an argument.</summary>
    private const int MaxLineBytes = 64 * 1024;

    /// <summary>Looks for one whole command at the start of <paramref name="input"/>.</summary>
    /// <param name="input">What is not consumed; until it is, it only grows.</param>
    /// <param name="arguments">Where the arguments go; holds the progress between calls.</param>
    /// <param name="limits">What the command may have.</param>
    /// <param name="error">What is wrong, when the result is <see cref="OperationStatus.InvalidData"/>.</param>
    /// <returns>
    /// Done: <see cref="RespArguments.Position"/> is the command's length; no arguments means nothing to do.
    /// </returns>
    public static OperationStatus Parse(
        ReadOnlySpan<byte> input, RespArguments arguments, RespLimits limits, out string? error)
    {
        error = null;
        if (arguments.Expected == 0)
        {
            if (input.IsEmpty)
                return OperationStatus.NeedMoreData;
            if (input[0] != '*')
                return InlineCommand.Parse(input, arguments, MaxLineBytes, out error);
            OperationStatus status = ReadCount(input, arguments, limits, out error);
            if (status != OperationStatus.Done || arguments.Expected == 0)
                return status;
        }

        while (arguments.Count < arguments.Expected)
        {
            OperationStatus status = ReadArgument(input, arguments, limits, ref error);
            if (status != OperationStatus.Done)
                return status;
        }

        return OperationStatus.Done;
    }

    private static OperationStatus ReadCount(
        ReadOnlySpan<byte> input, RespArguments arguments, RespLimits limits, out string? error)
    {
        error = null;
        OperationStatus status = ReadNumber(input, 1, out long count, out int next);
        if (status == OperationStatus.NeedMoreData)
            return NeedMore(input.Length, "too big mbulk count string", out error);
        if (status == OperationStatus.InvalidData || count > limits.MaxArguments)
        {
            bool unauthenticated = limits == RespLimits.Unauthenticated && status == OperationStatus.Done;
            error = unauthenticated ? "unauthenticated multibulk length" : "invalid multibulk length";
            return OperationStatus.InvalidData;
        }

        arguments.Position = next;
        arguments.Expected = (int)Math.Max(count, 0);
        return OperationStatus.Done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static OperationStatus ReadArgument(
        ReadOnlySpan<byte> input, RespArguments arguments, RespLimits limits, ref string? error)
    {
        int length = arguments.PendingLength;
        if (length < 0)
        {
            OperationStatus status = ReadLength(input, arguments, limits, out length, ref error);
            if (status != OperationStatus.Done)
                return status;
        }

        int start = arguments.Position;
        if (input.Length - start - 2 < length)
        {
            arguments.PendingLength = length;
            return OperationStatus.NeedMoreData;
        }

        arguments.Add(start, length);
        arguments.Position = start + length + 2;
        arguments.PendingLength = -1;
        return OperationStatus.Done;
    }

    private static OperationStatus ReadLength(
        ReadOnlySpan<byte> input, RespArguments arguments, RespLimits limits, out int length, ref string? error)
    {
        length = 0;
        int position = arguments.Position;
        if (position >= input.Length)
            return OperationStatus.NeedMoreData;
        if (input[position] != '$')
        {
            error = $"expected '$', got '{(char)input[position]}'";
            return OperationStatus.InvalidData;
        }

        OperationStatus status = ReadNumber(input, position + 1, out long value, out int next);
        if (status == OperationStatus.NeedMoreData)
            return NeedMore(input.Length - position, "too big bulk count string", out error);
        if (status == OperationStatus.InvalidData || value < 0 || value > limits.MaxBulkBytes)
        {
            bool unauthenticated = limits == RespLimits.Unauthenticated && value > limits.MaxBulkBytes;
            error = unauthenticated ? "unauthenticated bulk length" : "invalid bulk length";
            return OperationStatus.InvalidData;
        }

        arguments.Position = next;
        length = (int)value;
        return OperationStatus.Done;
    }

    private static OperationStatus NeedMore(int lineBytes, string tooLong, out string? error)
    {
        error = lineBytes > MaxLineBytes ? tooLong : null;
        return error is null ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
    }

    /// <summary>Reads a decimal number and the line end after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static OperationStatus ReadNumber(ReadOnlySpan<byte> input, int position, out long value, out int next)
    {
        // One or two digits are what most lengths have.
        if (position + 3 <= input.Length && input[position + 2] == '\n' && input[position + 1] == '\r')
        {
            value = input[position] - '0';
            next = position + 3;
            return (ulong)value <= 9 ? OperationStatus.Done : OperationStatus.InvalidData;
        }

        if (position + 4 <= input.Length && input[position + 3] == '\n' && input[position + 2] == '\r')
        {
            int tens = input[position] - '0';
            int ones = input[position + 1] - '0';
            value = (tens * 10) + ones;
            next = position + 4;
            if ((uint)(tens - 1) <= 8 && (uint)ones <= 9)
                return OperationStatus.Done;
        }

        return ReadLongNumber(input, position, out value, out next);
    }

    private static OperationStatus ReadLongNumber(ReadOnlySpan<byte> input, int position, out long value, out int next)
    {
        value = next = 0;
        int length = input[position..].IndexOf((byte)'\r');
        if (length < 0 || position + length + 1 >= input.Length)
            return OperationStatus.NeedMoreData;
        next = position + length + 2;
        return RespNumber.TryParse(input.Slice(position, length), out value)
            ? OperationStatus.Done
            : OperationStatus.InvalidData;
    }
}
