//! A virtual world: links, scripted phones, tones heard.
