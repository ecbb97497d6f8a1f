using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Penstock.Cli.Commands;

/// <summary>How option values are read; what is wrong with one is said with the option's name.</summary>
internal static class Parsing
{
    public static Option<int> Number(
        string name, string description, int value, int minimum, int maximum = int.MaxValue)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            DefaultValueFactory = _ => value,
            HelpName = "N",
        };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any())
                return;
            int given = result.GetValueOrDefault<int>();
            if (given >= minimum && given <= maximum)
                return;
            result.AddError(maximum == int.MaxValue
                ? $"{name} must be at least {minimum}."
                : $"{name} must be between {minimum} and {maximum}.");
        });
        return option;
    }

    public static Option<int> Port(string name, string description, int value) =>
        Number(name, description, value, minimum: 0, maximum: IPEndPoint.MaxPort);

    /// <summary>An option whose value has one of a few names.</summary>
    /// <param name="name">What the option is called, with its dashes.</param>
    /// <param name="description">What the help says of it.</param>
    /// <param name="choices">The values by their names, in the order in which the help lists them.</param>
    /// <param name="value">What it is when it is left out.</param>
    public static Option<Choice<T>> Choice<T>(
        string name, string description, IReadOnlyDictionary<string, T> choices, T value)
        where T : struct => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => NameOf(value, choices),
            CustomParser = result => Chosen(result, choices),
            HelpName = string.Join('|', choices.Keys),
        };

    public static IPAddress? Address(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (text == "localhost")
            return IPAddress.Loopback;
        if (IPAddress.TryParse(text, out IPAddress? address))
            return address;
        result.AddError($"{result.Argument.Name} must be an IP address or localhost, not '{text}'.");
        return null;
    }

    private static Choice<T> NameOf<T>(T value, IReadOnlyDictionary<string, T> choices)
        where T : struct => new(choices.First(choice => choice.Value.Equals(value)).Key, value);

    private static Choice<T> Chosen<T>(ArgumentResult result, IReadOnlyDictionary<string, T> choices)
        where T : struct
    {
        string text = result.Tokens[0].Value;
        if (choices.TryGetValue(text, out T value))
            return new Choice<T>(text, value);
        result.AddError($"'{text}' is none of {string.Join(", ", choices.Keys)}.");
        return default;
    }
}
