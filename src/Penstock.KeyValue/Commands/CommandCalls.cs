namespace Penstock.KeyValue.Commands;

/// <summary>How often one command was called on one loop.</summary>
internal struct CommandCalls
{
    /// <summary>It ran, whatever it replied.</summary>
    public long Made;

    /// <summary>It was refused before it ran: wrong arguments, no password, no memory.</summary>
    public long Rejected;

    /// <summary>It ran and replied with an error.</summary>
    public long Failed;
}
