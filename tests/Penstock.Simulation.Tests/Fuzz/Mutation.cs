namespace Penstock.Simulation.Tests.Fuzz;

/// <summary>
/// A change and where it happens; positions are taken modulo the input's length, so that every number is one.
/// </summary>
internal readonly record struct Mutation(MutationKind Kind, int At, int Amount)
{
    private static readonly int[] Boundaries =
        [0, 1, -1, int.MaxValue, int.MinValue, 64, 65, 63, 255, 256, 65_535, 65_536];

    public byte[] Apply(byte[] input)
    {
        if (input.Length == 0)
            return input;
        int at = (int)((uint)At % (uint)input.Length);
        int length = Math.Min(input.Length - at, 1 + (int)((uint)Amount % 16));
        switch (Kind)
        {
            case MutationKind.Set:
                input[at] = (byte)Amount;
                return input;
            case MutationKind.Flip:
                input[at] ^= (byte)(1 << (Amount & 7));
                return input;
            case MutationKind.Cut:
                return [.. input[..at], .. input[(at + length)..]];
            case MutationKind.Repeat:
                return [.. input[..(at + length)], .. input[at..]];
            case MutationKind.Boundary:
                byte[] number = BitConverter.GetBytes(Boundaries[(uint)Amount % (uint)Boundaries.Length]);
                number.AsSpan(0, Math.Min(4, input.Length - at)).CopyTo(input.AsSpan(at));
                return input;
            default:
                return input[..at];
        }
    }
}
