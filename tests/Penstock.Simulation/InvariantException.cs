namespace Penstock.Simulation;

/// <summary>Something that must never happen did.</summary>
internal sealed class InvariantException(string message, Exception? cause = null) : Exception(message, cause)
{
    public static void Require(bool condition, string message)
    {
        if (!condition)
            throw new InvariantException(message);
    }
}
