using System.Runtime.CompilerServices;

namespace Penstock.Simulation;

/// <summary>Something that must never happen did.</summary>
internal sealed class InvariantException(string message, Exception? cause = null) : Exception(message, cause)
{
    public static void Require(
        bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref ViolationMessage message)
    {
        if (!condition)
            throw new InvariantException(message.ToString());
    }
}
